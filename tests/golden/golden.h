// Golden files of tests/golden/ranet: reading them, and the formula weights of full-size networks.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "base/noise.h"
#include "fovea/graph.h"
#include "graph/init.h"
#include "model/safetensors.h"
#include "zoo/zoo.h"

namespace fovea::golden {

inline std::vector<std::string> files(const std::string& folder,
                                      const std::vector<std::string>& prefixes) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(FOVEA_SOURCE_DIR) +
                                                               "/tests/golden/" + folder)) {
    const std::string name = entry.path().filename().string();
    for (const std::string& prefix : prefixes) {
      if (name.starts_with(prefix)) out.push_back(entry.path().string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// The network that a golden file's metadata describes.
inline Graph network_of(const StringMap& metadata) {
  Settings settings(metadata.begin(), metadata.end());
  return make_network(metadata.find("model")->second, settings);
}

/// `param.KEY` tensors as parameters.
inline NamedTensors stored_params(const TensorFile& file) {
  NamedTensors out;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with("param.")) out[name.substr(6)] = tensor;
  }
  return out;
}

/// Element stream of a key (golden/ranet README, section 2).
inline void fill_from_formula(Tensor& tensor, const std::string& key, double scale, double offset) {
  const Noise noise(fnv1a(key));
  for (int64_t t = 0; t < tensor.numel(); ++t) {
    tensor.f()[t] = static_cast<float>(noise.uniform(static_cast<uint64_t>(t)) * scale + offset);
  }
}

/// Weights from the formula, by the kind of key.
inline NamedTensors formula_params(const Graph& graph) {
  NamedTensors out;
  for (const Param& param : graph.params()) {
    if (param.role == ParamRole::kCounter) continue;
    Tensor tensor = Tensor::f32(param.shape);
    const Noise noise(fnv1a(param.name));
    const Shape& s = param.shape;
    for (int64_t t = 0; t < tensor.numel(); ++t) {
      const double u = noise.uniform(static_cast<uint64_t>(t));
      double v = 0;
      if (s.rank() == 4) {
        v = (2 * u - 1) * std::sqrt(6.0 / static_cast<double>(s[1] * s[2] * s[3]));
      } else if (s.rank() == 2) {
        v = (2 * u - 1) * std::sqrt(3.0 / static_cast<double>(s[1]));
      } else if (param.role == ParamRole::kRunningVar) {
        v = 0.75 + 0.5 * u;
      } else if (param.role == ParamRole::kWeight) {
        v = 0.7 + 0.6 * u;
      } else {
        v = (u - 0.5) * 0.4;
      }
      tensor.f()[t] = static_cast<float>(v);
    }
    out[param.name] = std::move(tensor);
  }
  return out;
}

inline double worst(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape()) return 1e30;
  double w = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    const double d = std::abs(static_cast<double>(a.f()[i]) - static_cast<double>(b.f()[i]));
    if (!(d <= w)) w = d == d ? d : 1e30;
  }
  return w;
}

}  // namespace fovea::golden
