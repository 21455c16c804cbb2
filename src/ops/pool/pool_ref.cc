#include <limits>

#include "ops/facet_ref.h"
#include "ops/pool/pool.h"

namespace fovea {
namespace {

/// Calls `take(value)` for every element of a window that lies inside the map.
template <typename Take>
void window(const Pool2d& a, const float* plane, int64_t h, int64_t w, int64_t y, int64_t x,
            Take take) {
  for (int64_t ky = 0; ky < a.kernel.h; ++ky) {
    for (int64_t kx = 0; kx < a.kernel.w; ++kx) {
      const int64_t iy = y * a.stride.h - a.pad.h + ky;
      const int64_t ix = x * a.stride.w - a.pad.w + kx;
      if (iy >= 0 && iy < h && ix >= 0 && ix < w) take(plane[iy * w + ix]);
    }
  }
}

/// Calls `reduce(plane, y, x)` for every output element.
template <typename Reduce>
void each(const RefCall& call, Reduce reduce) {
  const Shape& in = call.node.input(0);
  const Shape& out = call.node.output();
  float* dst = call.out[0].f();
  for (int64_t plane = 0; plane < call.n * in[0]; ++plane) {
    const float* src = call.in[0].f() + plane * in[1] * in[2];
    for (int64_t y = 0; y < out[1]; ++y) {
      for (int64_t x = 0; x < out[2]; ++x) *dst++ = reduce(src, y, x);
    }
  }
}

void run_max(const RefCall& call) {
  const auto& a = call.node.attributes<Pool2d>();
  const Shape& in = call.node.input(0);
  each(call, [&](const float* src, int64_t y, int64_t x) {
    float best = -std::numeric_limits<float>::infinity();
    window(a, src, in[1], in[2], y, x, [&](float v) { best = v > best || v != v ? v : best; });
    return best;
  });
}

void run_avg(const RefCall& call) {
  const auto& a = call.node.attributes<Pool2d>();
  const Shape& in = call.node.input(0);
  each(call, [&](const float* src, int64_t y, int64_t x) {
    double sum = 0;
    window(a, src, in[1], in[2], y, x, [&](float v) { sum += v; });
    return static_cast<float>(sum / static_cast<double>(a.kernel.h * a.kernel.w));
  });
}

void run_mean(const RefCall& call) {
  const Shape& in = call.node.input(0);
  const int64_t size = in[1] * in[2];
  for (int64_t plane = 0; plane < call.n * in[0]; ++plane) {
    double sum = 0;
    for (int64_t k = 0; k < size; ++k) sum += call.in[0].f()[plane * size + k];
    call.out[0].f()[plane] = static_cast<float>(sum / static_cast<double>(size));
  }
}

}  // namespace

RefOp ref_max_pool2d() { return {run_max}; }
RefOp ref_avg_pool2d() { return {run_avg}; }
RefOp ref_mean_hw() { return {run_mean}; }

}  // namespace fovea
