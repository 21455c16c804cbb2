#include "ops/facet_ref.h"
#include "ops/resize/resize.h"

namespace fovea {
namespace {

void run(const RefCall& call) {
  const auto& a = call.node.attributes<Resize>();
  const Shape& in = call.node.input(0);
  const Shape& out = call.node.output();
  const ResizeAxis rows = resize_axis(a.mode, in[1], out[1]);
  const ResizeAxis columns = resize_axis(a.mode, in[2], out[2]);
  float* dst = call.out[0].f();
  for (int64_t plane = 0; plane < call.n * in[0]; ++plane) {
    const float* src = call.in[0].f() + plane * in[1] * in[2];
    for (int64_t y = 0; y < out[1]; ++y) {
      for (int64_t x = 0; x < out[2]; ++x) {
        double sum = 0;
        for (int64_t i = 0; i < rows.taps; ++i) {
          const auto r = static_cast<size_t>(y * rows.taps + i);
          for (int64_t k = 0; k < columns.taps; ++k) {
            const auto c = static_cast<size_t>(x * columns.taps + k);
            const double weight =
                static_cast<double>(rows.weight[r]) * static_cast<double>(columns.weight[c]);
            if (weight != 0)
              sum += weight * static_cast<double>(src[rows.index[r] * in[2] + columns.index[c]]);
          }
        }
        *dst++ = static_cast<float>(sum);
      }
    }
  }
}

}  // namespace

RefOp ref_resize() { return {run}; }

}  // namespace fovea
