// Separable resize with two taps an axis.
//
// The axis that leaves less work to the other goes first: columns when rows are added, rows when
// rows are dropped. Columns of one output vector come from a window of the input row; while it
// spans at most two vectors they are fetched by lookups in registers.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/resize.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "ops/cpu/resize_job.h"
#include "ops/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {
namespace {

constexpr int64_t kLanes = HWY_LANES(float);

HWY_INLINE V blend(V a, V b, V weight) {
  const D d;
  return hn::MulAdd(weight, b, hn::Mul(hn::Sub(hn::Set(d, 1.0F), weight), a));
}

#if HWY_TARGET != HWY_SCALAR
template <int kWindows>
HWY_INLINE V fetch(const float* HWY_RESTRICT window, const int32_t* HWY_RESTRICT index) {
  const D d;
  const hn::RebindToSigned<D> di;
  const auto at = hn::LoadU(di, index);
  if constexpr (kWindows == 1) {
    return hn::TableLookupLanes(hn::LoadU(d, window), hn::IndicesFromVec(d, at));
  } else {
    const auto behind = hn::Gt(at, hn::Set(di, static_cast<int32_t>(kLanes - 1)));
    const auto place = hn::IndicesFromVec(d, hn::And(at, hn::Set(di, kLanes - 1)));
    return hn::IfThenElse(hn::RebindMask(d, behind),
                          hn::TableLookupLanes(hn::LoadU(d, window + kLanes), place),
                          hn::TableLookupLanes(hn::LoadU(d, window), place));
  }
}
#endif

// One output vector of a row.
HWY_INLINE V column_vector(const ResizeJob& job, const float* HWY_RESTRICT row, int64_t v) {
  const D d;
  const ResizeColumn& column = job.columns[v];
  const float* window = row + column.base;
  const int32_t* i0 = job.x0 + v * kLanes;
  const int32_t* i1 = job.x1 + v * kLanes;
  const V weight = hn::LoadU(d, job.xw + v * kLanes);
#if HWY_TARGET != HWY_SCALAR
  if (column.windows == 1) return blend(fetch<1>(window, i0), fetch<1>(window, i1), weight);
  if (column.windows == 2) return blend(fetch<2>(window, i0), fetch<2>(window, i1), weight);
#endif
  float a[kLanes];
  float b[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) {
    a[i] = window[i0[i]];
    b[i] = window[i1[i]];
  }
  return blend(hn::LoadU(d, a), hn::LoadU(d, b), weight);
}

// Rows y of the output by weights of two rows each; the last vector of a row is cut.
HWY_INLINE void finish_row(const ResizeJob& job, int64_t y, float* HWY_RESTRICT dst) {
  float* row = dst + y * job.dst_stride;
  const int64_t end =
      y + 1 == job.dst_height ? job.dst_floats - y * job.dst_stride : job.dst_stride;
  clear(row + job.dst_width, row + end);
}

HWY_INLINE void store_cut(V value, int64_t left, float* HWY_RESTRICT to) {
  const D d;
  if (left >= kLanes) {
    hn::StoreU(value, d, to);
  } else {
    hn::BlendedStore(value, hn::FirstN(d, static_cast<size_t>(left)), d, to);
  }
}

void columns_first(const ResizeJob& job, const float* HWY_RESTRICT src, float* HWY_RESTRICT dst) {
  const D d;
  const int64_t stride = job.n_columns * kLanes;
  for (int64_t y = 0; y < job.src_height; ++y) {
    for (int64_t v = 0; v < job.n_columns; ++v) {
      const V value = column_vector(job, src + y * job.src_stride, v);
      hn::StoreU(value, d, job.scratch + y * stride + v * kLanes);
    }
  }
  for (int64_t y = 0; y < job.dst_height; ++y) {
    const float* a = job.scratch + job.y0[y] * stride;
    const float* b = job.scratch + job.y1[y] * stride;
    const V weight = hn::Set(d, job.yw[y]);
    for (int64_t x = 0; x < job.dst_width; x += kLanes) {
      store_cut(blend(hn::LoadU(d, a + x), hn::LoadU(d, b + x), weight), job.dst_width - x,
                dst + y * job.dst_stride + x);
    }
    finish_row(job, y, dst);
  }
}

void rows_first(const ResizeJob& job, const float* HWY_RESTRICT src, float* HWY_RESTRICT dst) {
  const D d;
  for (int64_t y = 0; y < job.dst_height; ++y) {
    const float* a = src + job.y0[y] * job.src_stride;
    const float* b = src + job.y1[y] * job.src_stride;
    const V weight = hn::Set(d, job.yw[y]);
    for (int64_t x = 0; x < job.src_width; x += kLanes) {
      hn::StoreU(blend(hn::LoadU(d, a + x), hn::LoadU(d, b + x), weight), d, job.scratch + x);
    }
    for (int64_t v = 0; v < job.n_columns; ++v) {
      const int64_t x = v * kLanes;
      store_cut(column_vector(job, job.scratch, v), job.dst_width - x,
                dst + y * job.dst_stride + x);
    }
    finish_row(job, y, dst);
  }
}

}  // namespace

void resize_planes(const ResizeJob& job) {
  for (int64_t c = 0; c < job.n_planes; ++c) {
    const float* src = job.src + c * job.src_floats;
    float* dst = job.dst + c * job.dst_floats;
    if (job.rows_first) {
      rows_first(job, src, dst);
    } else {
      columns_first(job, src, dst);
    }
  }
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {

ResizeKernel resize_kernel(Isa isa) { FOVEA_RETURN_FOR(isa, resize_planes) }

}  // namespace fovea::cpu
#endif  // HWY_ONCE
