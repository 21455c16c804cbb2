// Pooling of any window. An output row is gathered in scratch tap by tap, so that the inner loop
// runs over neighbouring outputs; outputs near the border simply have fewer taps.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/pool.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <limits>

#include "ops/cpu/simd-inl.h"
#include "ops/cpu/simple.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {
namespace {

constexpr int64_t kLanes = HWY_LANES(float);

// A NaN passes from either side.
template <bool kMax>
HWY_INLINE V combine(V row, V value) {
  if constexpr (kMax) {
    return hn::IfThenElse(hn::Or(hn::Gt(row, value), hn::IsNaN(row)), row, value);
  } else {
    return hn::Add(row, value);
  }
}

template <bool kMax>
HWY_INLINE float combine(float row, float value) {
  if constexpr (kMax) return row > value || std::isnan(row) ? row : value;
  return row + value;
}

// row[i] = row[i] ∘ src[i · stride] for i < n.
template <bool kMax>
HWY_INLINE void gather_tap(const float* HWY_RESTRICT src, int64_t stride, int64_t n,
                           float* HWY_RESTRICT row) {
  const D d;
  int64_t i = 0;
  if (stride == 1) {
    for (; i + kLanes <= n; i += kLanes) {
      hn::StoreU(combine<kMax>(hn::LoadU(d, row + i), hn::LoadU(d, src + i)), d, row + i);
    }
#if HWY_TARGET != HWY_SCALAR
  } else if (stride == 2) {
    for (; i + kLanes <= n; i += kLanes) {
      const V low = hn::LoadU(d, src + 2 * i);
      const V high = hn::LoadU(d, src + 2 * i + kLanes);
      const V value = hn::ConcatEven(d, high, low);
      hn::StoreU(combine<kMax>(hn::LoadU(d, row + i), value), d, row + i);
    }
#endif
  }
  for (; i < n; ++i) row[i] = combine<kMax>(row[i], src[i * stride]);
}

struct Taps {
  int64_t first;  // within [0, n)
  int64_t end;
};

// Taps k of [0, n) for which at + k is inside [0, extent).
HWY_INLINE Taps inside(int64_t at, int64_t n, int64_t extent) {
  return {std::clamp<int64_t>(-at, 0, n), std::clamp<int64_t>(extent - at, 0, n)};
}

// Divisor of an average; kAverage counts padded taps inside the padded map.
HWY_INLINE int64_t count(PoolKind kind, int64_t at, int64_t n, int64_t extent, int64_t behind) {
  if (kind == PoolKind::kAverage) return std::min(at + n, extent + behind) - at;
  const Taps taps = inside(at, n, extent);
  return taps.end - taps.first;
}

template <bool kMax>
void pool_plane(const PoolShape& shape, const PlaneLayout& in, const PlaneLayout& out,
                const float* src, float* dst, float* row) {
  const float nothing = kMax ? -std::numeric_limits<float>::infinity() : 0.0F;
  for (int64_t y = 0; y < out.height; ++y) {
    std::fill(row, row + out.width, nothing);
    const int64_t top = y * shape.stride_y - shape.pad_top;
    const Taps rows = inside(top, shape.kh, in.height);
    for (int64_t ky = rows.first; ky < rows.end; ++ky) {
      const float* line = src + (top + ky) * in.row_stride;
      for (int64_t kx = 0; kx < shape.kw; ++kx) {
        // Outputs x whose tap x·stride + shift lies inside the map.
        const int64_t shift = kx - shape.pad_left;
        const int64_t sx = shape.stride_x;
        const int64_t first = shift >= 0 ? 0 : std::min(out.width, (-shift + sx - 1) / sx);
        const int64_t last = in.width - 1 - shift;
        const int64_t end = last < 0 ? 0 : std::min(out.width, last / sx + 1);
        if (first >= end) continue;
        gather_tap<kMax>(line + first * sx + shift, sx, end - first, row + first);
      }
    }
    if constexpr (!kMax) {
      const int64_t n_rows = count(shape.kind, top, shape.kh, in.height, shape.pad_bottom);
      for (int64_t x = 0; x < out.width; ++x) {
        const int64_t left = x * shape.stride_x - shape.pad_left;
        const int64_t n = n_rows * count(shape.kind, left, shape.kw, in.width, shape.pad_right);
        row[x] = n > 0 ? row[x] / static_cast<float>(n) : 0.0F;
      }
    }
    float* to = dst + y * out.row_stride;
    std::memcpy(to, row, static_cast<size_t>(out.width) * sizeof(float));
    const int64_t behind =
        y + 1 == out.height ? out.plane_stride - y * out.row_stride : out.row_stride;
    clear(to + out.width, to + behind);
  }
}

}  // namespace

void pool_planes(const PoolShape& shape, const PlaneLayout& in, const PlaneLayout& out,
                 const float* src, float* dst, float* row) {
  for (int64_t c = 0; c < out.channels; ++c) {
    const float* from = src + c * in.plane_stride;
    float* to = dst + c * out.plane_stride;
    if (shape.kind == PoolKind::kMax) {
      pool_plane<true>(shape, in, out, from, to, row);
    } else {
      pool_plane<false>(shape, in, out, from, to, row);
    }
  }
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {
namespace {

using PoolPlanes = void (*)(const PoolShape&, const PlaneLayout&, const PlaneLayout&, const float*,
                            float*, float*);

PoolPlanes pool_kernel(Isa isa) { FOVEA_RETURN_FOR(isa, pool_planes) }

}  // namespace

void pool(Isa isa, const Lanes& lanes, const PoolShape& shape, const ValueRef& in,
          const ValueRef& out, float* scratch) {
  const PoolPlanes kernel = pool_kernel(isa);
  for (int lane = 0; lane < lanes.n; ++lane) {
    kernel(shape, in.layout, out.layout, lanes.blocks[lane] + in.offset,
           lanes.blocks[lane] + out.offset, scratch);
  }
}

int64_t pool_scratch_floats(const PlaneLayout& out) { return out.width + kVectorSlack; }

}  // namespace fovea::cpu
#endif  // HWY_ONCE
