#include "graph/init.h"

#include <algorithm>
#include <cmath>

#include "base/noise.h"

namespace fovea {
namespace {

void fill(const Param& param, const Noise& noise, std::span<float> values) {
  switch (param.init) {
    case Init::kZeros:
      return;
    case Init::kOnes:
      std::fill(values.begin(), values.end(), 1.0F);
      return;
    case Init::kUniformFanIn: {
      const double bound = 1.0 / std::sqrt(static_cast<double>(param.fan_in));
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>((2.0 * noise.uniform(i) - 1.0) * bound);
      }
      return;
    }
    case Init::kNormalFanOut: {
      const double deviation = std::sqrt(2.0 / static_cast<double>(param.fan_out));
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = static_cast<float>(noise.normal(i) * deviation);
      }
      return;
    }
  }
}

}  // namespace

NamedTensors init_params(const Graph& graph, uint64_t seed) {
  NamedTensors out;
  for (const Param& param : graph.params()) {
    if (param.role == ParamRole::kCounter) {
      out.emplace(param.name, Tensor::i64(param.shape));
      continue;
    }
    Tensor tensor = Tensor::f32(param.shape);
    fill(param, Noise(seed, param.name), tensor.data<float>());
    out.emplace(param.name, std::move(tensor));
  }
  return out;
}

}  // namespace fovea
