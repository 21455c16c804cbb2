#include "ops/conv2d/conv2d.h"
#include "ops/facet_ref.h"

namespace fovea {
namespace {

struct Extents {
  int64_t ic, ih, iw, oc, oh, ow;
};

/// One output element: taps in the order channel, row, column; padded taps are counted.
float element(const Conv2d& a, const Extents& e, const float* src, const float* weight, float start,
              int64_t group, int64_t y, int64_t x, int64_t& macs) {
  const int64_t per_group = e.ic / a.groups;
  double sum = start;
  for (int64_t c = 0; c < per_group; ++c) {
    const float* plane = src + (group * per_group + c) * e.ih * e.iw;
    for (int64_t ky = 0; ky < a.kernel.h; ++ky) {
      for (int64_t kx = 0; kx < a.kernel.w; ++kx, ++weight, ++macs) {
        const int64_t iy = y * a.stride.h - a.pad.top + ky * a.dilation.h;
        const int64_t ix = x * a.stride.w - a.pad.left + kx * a.dilation.w;
        if (iy < 0 || iy >= e.ih || ix < 0 || ix >= e.iw) continue;
        sum += static_cast<double>(*weight) * static_cast<double>(plane[iy * e.iw + ix]);
      }
    }
  }
  return static_cast<float>(sum);
}

void run(const RefCall& call) {
  const auto& a = call.node.attributes<Conv2d>();
  const Shape& in = call.node.input(0);
  const Shape& out = call.node.output();
  const Extents e{in[0], in[1], in[2], out[0], out[1], out[2]};
  const int64_t weights = (e.ic / a.groups) * a.kernel.h * a.kernel.w;
  const float* bias = a.bias == Bias::kPresent ? call.params[1].f() : nullptr;
  for (int64_t i = 0; i < call.n; ++i) {
    const float* src = call.in[0].f() + i * in.numel();
    float* dst = call.out[0].f() + i * out.numel();
    for (int64_t o = 0; o < e.oc; ++o) {
      const float* weight = call.params[0].f() + o * weights;
      const float start = bias == nullptr ? 0.0F : bias[o];
      for (int64_t y = 0; y < e.oh; ++y) {
        for (int64_t x = 0; x < e.ow; ++x) {
          *dst++ = element(a, e, src, weight, start, o / (e.oc / a.groups), y, x, call.macs[i]);
        }
      }
    }
  }
}

}  // namespace

RefOp ref_conv2d() { return {run}; }

}  // namespace fovea
