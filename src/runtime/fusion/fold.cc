#include "runtime/fusion/fold.h"

#include <cmath>

#include "ops/batch_norm/batch_norm.h"

namespace fovea::runtime {

Folded fold_batch_norm(const Tensor& weight, const Tensor* bias, const NodeView& norm,
                       std::span<const Tensor> norm_params) {
  const double eps = norm.attributes<BatchNorm>().eps;
  const int64_t channels = weight.shape()[0];
  const int64_t per_channel = weight.numel() / channels;
  Folded out{Tensor::f32(weight.shape()), Tensor::f32({channels})};
  for (int64_t o = 0; o < channels; ++o) {
    const double scale = static_cast<double>(norm_params[0].f()[o]) /
                         std::sqrt(static_cast<double>(norm_params[3].f()[o]) + eps);
    const double start = bias == nullptr ? 0.0 : static_cast<double>(bias->f()[o]);
    out.bias.f()[o] =
        static_cast<float>((start - static_cast<double>(norm_params[2].f()[o])) * scale +
                           static_cast<double>(norm_params[1].f()[o]));
    for (int64_t k = 0; k < per_channel; ++k) {
      const int64_t i = o * per_channel + k;
      out.weight.f()[i] = static_cast<float>(static_cast<double>(weight.f()[i]) * scale);
    }
  }
  return out;
}

}  // namespace fovea::runtime
