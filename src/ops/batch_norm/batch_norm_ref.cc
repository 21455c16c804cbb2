#include <cmath>

#include "ops/batch_norm/batch_norm.h"
#include "ops/facet_ref.h"

namespace fovea {
namespace {

void run(const RefCall& call) {
  const double eps = call.node.attributes<BatchNorm>().eps;
  const int64_t channels = call.node.input(0)[0];
  const int64_t per_channel = call.node.input(0).numel() / channels;
  const float* src = call.in[0].f();
  float* dst = call.out[0].f();
  for (int64_t i = 0; i < call.n; ++i) {
    for (int64_t c = 0; c < channels; ++c) {
      const double scale = static_cast<double>(call.params[0].f()[c]) /
                           std::sqrt(static_cast<double>(call.params[3].f()[c]) + eps);
      const double mean = call.params[2].f()[c];
      const double shift = call.params[1].f()[c];
      for (int64_t k = 0; k < per_channel; ++k) {
        *dst++ = static_cast<float>((static_cast<double>(*src++) - mean) * scale + shift);
      }
    }
  }
}

}  // namespace

RefOp ref_batch_norm() { return {run}; }

}  // namespace fovea
