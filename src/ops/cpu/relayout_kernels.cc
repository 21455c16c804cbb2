#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/relayout_kernels.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "ops/cpu/relayout_kernels.h"
#include "ops/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {
namespace {

constexpr int64_t kLanes = HWY_LANES(float);

HWY_INLINE size_t bytes(int64_t floats) { return static_cast<size_t>(floats) * sizeof(float); }

// Rows are copied in whole vectors; what spills behind a row is overwritten by its zeros and by the
// next row. Rows whose vectors would leave the source or destination are copied exactly.
template <bool kZeros>
HWY_INLINE void copy_in_order(const RowsJob& job) {
  const D d;
  const int64_t width = job.width;
  const int64_t spill = (width + kLanes - 1) / kLanes * kLanes;
  for (int64_t y = 0; y < job.height; ++y) {
    const float* HWY_RESTRICT from = job.src + y * job.src_stride;
    float* HWY_RESTRICT to = job.dst + y * job.dst_stride;
    const int64_t behind = job.dst_floats - y * job.dst_stride;
    const bool vectors = y * job.src_stride + spill <= job.src_floats && spill <= behind;
    if (vectors && y + 1 < job.height) {
      for (int64_t x = 0; x < width; x += kLanes) hn::StoreU(hn::LoadU(d, from + x), d, to + x);
    } else {
      std::memcpy(to, from, bytes(width));
    }
    if constexpr (kZeros) clear(to + width, to + (y + 1 < job.height ? job.dst_stride : behind));
  }
}

void copy_rows(const RowsJob& job) { copy_in_order<true>(job); }

void pack_rows(const RowsJob& job) { copy_in_order<false>(job); }

// Zeros in [from, to) and less than a vector behind.
HWY_INLINE void clear_over(float* from, const float* to) {
  const D d;
  const V zero = in_register(hn::Zero(d));
  for (; from < to; from += kLanes) hn::StoreU(zero, d, from);
}

// A whole row of a phase: `width` values, then zeros up to `stride` at least.
struct PhaseRow {
  float* to = nullptr;  // null: not wanted
  int64_t width = 0;
};

// Every other column of one row to `even`, the rest to `odd`.
HWY_INLINE void split_pairs(const float* HWY_RESTRICT from, int64_t stride, const PhaseRow& even,
                            const PhaseRow& odd) {
#if HWY_TARGET == HWY_SCALAR
  for (int64_t x = 0; x < stride; ++x) {
    if (even.to != nullptr) even.to[x] = x < even.width ? from[2 * x] : 0.0F;
    if (odd.to != nullptr) odd.to[x] = x < odd.width ? from[2 * x + 1] : 0.0F;
  }
#else
  const D d;
  int64_t x = 0;
  for (; x < even.width; x += kLanes) {
    const auto low = hn::LoadU(d, from + 2 * x);
    const auto high = hn::LoadU(d, from + 2 * x + kLanes);
    const int64_t left = even.width - x;
    if (even.to != nullptr) {
      const auto mask = hn::FirstN(d, static_cast<size_t>(std::min(left, kLanes)));
      hn::StoreU(hn::IfThenElseZero(mask, hn::ConcatEven(d, high, low)), d, even.to + x);
    }
    if (odd.to != nullptr) {
      const int64_t n = std::clamp<int64_t>(odd.width - x, 0, kLanes);
      const auto mask = hn::FirstN(d, static_cast<size_t>(n));
      hn::StoreU(hn::IfThenElseZero(mask, hn::ConcatOdd(d, high, low)), d, odd.to + x);
    }
  }
  if (x < stride) {
    if (even.to != nullptr) clear(even.to + x, even.to + stride);
    if (odd.to != nullptr) clear(odd.to + x, odd.to + stride);
  }
#endif
}

// Columns of one row that are `step` apart.
HWY_INLINE void split_column(const float* HWY_RESTRICT from, int64_t step, int64_t stride,
                             const PhaseRow& row) {
  const D d;
  int64_t x = 0;
  if (step == 1) {
    for (; x + kLanes <= row.width; x += kLanes) hn::StoreU(hn::LoadU(d, from + x), d, row.to + x);
    if (x < row.width) {
      const auto mask = hn::FirstN(d, static_cast<size_t>(row.width - x));
      hn::StoreU(hn::IfThenElseZero(mask, hn::LoadU(d, from + x)), d, row.to + x);
      x += kLanes;
    }
  } else {
    for (; x < row.width; ++x) row.to[x] = from[x * step];
  }
  clear(row.to + x, row.to + stride);
}

HWY_INLINE float* plane_of(const SplitJob& job, int64_t phase) {
  const int plane = job.planes[phase];
  return plane < 0 ? nullptr : job.dst + plane * job.dst_floats;
}

// Whole vectors are written, in the order of rows and planes, so that what spills behind a row or
// plane is overwritten by the next; behind the last plane there is slack.
void split(const SplitJob& job) {
  const int64_t sx = job.stride_x;
  const int64_t at_once = sx == 2 ? 2 : 1;
  for (int64_t a = 0; a < job.stride_y; ++a) {
    const int64_t height = a < job.height ? (job.height - a + job.stride_y - 1) / job.stride_y : 0;
    for (int64_t b = 0; b < sx; b += at_once) {
      PhaseRow rows[2];
      for (int64_t i = 0; i < at_once; ++i) {
        rows[i].to = plane_of(job, a * sx + b + i);
        rows[i].width = std::max<int64_t>(0, (job.width - b - i + sx - 1) / sx);
        if (rows[i].to == nullptr) continue;
        clear_over(rows[i].to + height * job.dst_stride, rows[i].to + job.dst_floats);
      }
      if (rows[0].to == nullptr && rows[1].to == nullptr) continue;
      const float* from = job.src + a * job.src_stride + b;
      for (int64_t y = 0; y < height; ++y) {
        if (at_once == 2) {
          split_pairs(from, job.dst_stride, rows[0], rows[1]);
          if (rows[0].to != nullptr) rows[0].to += job.dst_stride;
          if (rows[1].to != nullptr) rows[1].to += job.dst_stride;
        } else {
          split_column(from, sx, job.dst_stride, rows[0]);
          rows[0].to += job.dst_stride;
        }
        from += job.stride_y * job.src_stride;
      }
    }
  }
}

}  // namespace

const RelayoutKernels& relayout_table() {
  static constexpr RelayoutKernels kKernels{
      .copy_rows = &copy_rows, .pack_rows = &pack_rows, .split = &split};
  return kKernels;
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {

const RelayoutKernels& relayout_kernels(Isa isa) { FOVEA_RETURN_FOR(isa, relayout_table()) }

}  // namespace fovea::cpu
#endif  // HWY_ONCE
