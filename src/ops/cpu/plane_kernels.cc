#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/plane_kernels.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <cstddef>

#include "ops/cpu/plane_kernels.h"
#include "ops/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {
namespace {

constexpr int64_t kLanes = HWY_LANES(float);

HWY_INLINE V clamp(V value, Activation activation) {
  const D d;
  if (activation == Activation::kNone) return value;
  value = at_least(hn::Zero(d), value);
  return activation == Activation::kRelu ? value : at_most(hn::Set(d, 6.0F), value);
}

template <RowOp kOp>
HWY_INLINE V apply(const RowsTransform& job, const float* src, const float* other) {
  const D d;
  const V x = hn::LoadU(d, src);
  V y;
  if constexpr (kOp == RowOp::kAffine) {
    y = hn::MulAdd(x, hn::Set(d, job.scale), hn::Set(d, job.shift));
  } else if constexpr (kOp == RowOp::kAdd) {
    y = hn::Add(x, hn::LoadU(d, other));
  } else if constexpr (kOp == RowOp::kSub) {
    y = hn::Sub(x, hn::LoadU(d, other));
  } else {
    y = hn::Mul(x, hn::LoadU(d, other));
  }
  return clamp(y, job.activation);
}

template <RowOp kOp>
void transform_rows(const RowsTransform& job) {
  const D d;
  const int64_t whole = job.width / kLanes * kLanes;
  const auto rest = static_cast<size_t>(job.width - whole);
  for (int64_t y = 0; y < job.height; ++y) {
    const float* src = job.src + y * job.src_stride;
    const float* other = kOp == RowOp::kAffine ? nullptr : job.other + y * job.other_stride;
    float* dst = job.dst + y * job.dst_stride;
    for (int64_t x = 0; x < whole; x += kLanes) {
      hn::StoreU(apply<kOp>(job, src + x, kOp == RowOp::kAffine ? nullptr : other + x), d, dst + x);
    }
    if (rest != 0) {
      const V value = apply<kOp>(job, src + whole, kOp == RowOp::kAffine ? nullptr : other + whole);
      hn::BlendedStore(value, hn::FirstN(d, rest), d, dst + whole);
    }
    const int64_t end = y + 1 == job.height ? job.dst_floats - y * job.dst_stride : job.dst_stride;
    clear(dst + job.width, dst + end);
  }
}

void transform(const RowsTransform& job) {
  switch (job.op) {
    case RowOp::kAffine:
      return transform_rows<RowOp::kAffine>(job);
    case RowOp::kAdd:
      return transform_rows<RowOp::kAdd>(job);
    case RowOp::kSub:
      return transform_rows<RowOp::kSub>(job);
    case RowOp::kMul:
      return transform_rows<RowOp::kMul>(job);
  }
}

float sum(const float* src, int64_t n) {
  const D d;
  V total0 = hn::Zero(d);
  V total1 = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    total0 = hn::Add(total0, hn::LoadU(d, src + i));
    total1 = hn::Add(total1, hn::LoadU(d, src + i + kLanes));
  }
  float result = hn::GetLane(hn::SumOfLanes(d, hn::Add(total0, total1)));
  for (; i < n; ++i) result += src[i];
  return result;
}

}  // namespace

const PlaneKernels& plane_table() {
  static constexpr PlaneKernels kKernels{.transform = &transform, .sum = &sum};
  return kKernels;
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {

const PlaneKernels& plane_kernels(Isa isa) { FOVEA_RETURN_FOR(isa, plane_table()) }

}  // namespace fovea::cpu
#endif  // HWY_ONCE
