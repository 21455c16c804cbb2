// A network small enough to be read at a glance, and weights that follow from their names.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include "base/noise.h"
#include "fovea/graph.h"
#include "fovea/tensor.h"
#include "ops/builder.h"

namespace fovea {

/// conv 3×3 → norm → relu → mean → head, on one grey channel; 3 classes.
inline Graph tiny_network() {
  Builder b("tiny");
  ValueHandle x = b.input("input", {1, 6, 6});
  x = b.conv2d("conv", x, {.channels = 4, .kernel = {3, 3}});
  x = b.relu("relu", b.batch_norm("norm", x));
  b.exit(b.linear("head", b.mean_hw("mean", x), {.features = 3}));
  return b.finish();
}

/// Element t of the tensor called `key`, as tools/formula_weights.py computes it.
inline Tensor formula_tensor(std::string_view key, const Shape& shape) {
  const Noise noise(fnv1a(key));
  const std::string_view last = key.substr(key.rfind('.') + 1);  // npos + 1 is 0: the whole key
  if (last == "num_batches_tracked") return Tensor::i64(shape);
  Tensor out = Tensor::f32(shape);
  for (int64_t t = 0; t < out.numel(); ++t) {
    const double u = noise.uniform(static_cast<uint64_t>(t));
    double value = (u - 0.5) * 0.4;
    if (key == "input") {
      value = (2 * u - 1) * 1.7;
    } else if (shape.rank() == 4) {
      value = (2 * u - 1) * std::sqrt(6.0 / static_cast<double>(shape[1] * shape[2] * shape[3]));
    } else if (shape.rank() == 2) {
      value = (2 * u - 1) * std::sqrt(3.0 / static_cast<double>(shape[1]));
    } else if (last == "running_var") {
      value = 0.75 + 0.5 * u;
    } else if (last == "weight") {
      value = 0.7 + 0.6 * u;
    }
    out.f()[t] = static_cast<float>(value);
  }
  return out;
}

inline NamedTensors formula_weights(const Graph& graph) {
  NamedTensors out;
  for (const Param& param : graph.params()) {
    out.emplace(param.name, formula_tensor(param.name, param.shape));
  }
  return out;
}

/// Same names, types, shapes and bits.
inline bool equal_tensors(const NamedTensors& a, const NamedTensors& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [name, tensor] : a) {
    const auto other = b.find(name);
    if (other == b.end() || other->second.dtype() != tensor.dtype() ||
        other->second.shape() != tensor.shape() ||
        !std::equal(tensor.raw(), tensor.raw() + tensor.bytes(), other->second.raw())) {
      return false;
    }
  }
  return true;
}

}  // namespace fovea
