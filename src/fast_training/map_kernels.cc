#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast_training/map_kernels.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "fast_training/map_kernels.h"
#include "ops/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::fast::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using cpu::HWY_NAMESPACE::at_least;
using cpu::HWY_NAMESPACE::at_most;
using cpu::HWY_NAMESPACE::D;
using cpu::HWY_NAMESPACE::V;

constexpr int64_t kLanes = HWY_LANES(float);

/// Plain stores: a call of memset or memcpy costs more than these few vectors.
void zeros(float* dst, int64_t vectors) {
  const D d;
  for (int64_t i = 0; i < vectors; ++i) hn::Store(hn::Zero(d), d, dst + i * kLanes);
}

void pack(const PackJob& job) {
  const D d;
  const int64_t copied = std::min(job.w, job.cols - job.left);
  for (int64_t c = 0; c < job.planes; ++c) {
    const float* plane = job.src + c * job.src_plane;
    float* dst = job.dst + c * job.dst_plane;
    for (int64_t r = 0; r < job.rows; ++r, dst += job.cols * kLanes) {
      const int64_t row = job.row0 + r;
      if (row < 0 || row >= job.h) {
        zeros(dst, job.cols);
        continue;
      }
      const float* src = plane + row * job.w * kLanes;
      zeros(dst, job.left);
      float* to = dst + job.left * kLanes;
      for (int64_t x = 0; x < copied; ++x) {
        hn::Store(hn::Load(d, src + x * kLanes), d, to + x * kLanes);
      }
      zeros(to + copied * kLanes, job.cols - job.left - copied);
    }
  }
}

double sum_of(V value) { return static_cast<double>(hn::GetLane(hn::SumOfLanes(D(), value))); }

V valid(const NormJob& job, int64_t group) {
  return hn::Load(D(), job.samples.valid + group * kLanes);
}

double elements(const NormJob& job) {
  return static_cast<double>(job.samples.n) * static_cast<double>(job.vectors);
}

/// Sum of f(x) over a plane in four chains of additions.
template <typename F>
HWY_INLINE V sum_plane(const float* src, int64_t vectors, F f) {
  const D d;
  V sum[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
  int64_t i = 0;
  for (; i + 4 <= vectors; i += 4) {
    FOVEA_UNROLL for (int k = 0; k < 4; ++k) {
      sum[k] = f(sum[k], hn::Load(d, src + (i + k) * kLanes));
    }
  }
  for (; i < vectors; ++i) sum[0] = f(sum[0], hn::Load(d, src + i * kLanes));
  return hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]));
}

double mean(const NormJob& job) {
  double sum = 0;
  for (int64_t g = 0; g < job.samples.groups; ++g) {
    const V plane = sum_plane(job.src + g * job.src_group, job.vectors,
                              [](V s, V x) HWY_ATTR { return hn::Add(s, x); });
    sum += sum_of(hn::Mul(plane, valid(job, g)));
  }
  return sum / elements(job);
}

double variance(const NormJob& job) {
  const V centre = hn::Set(D(), job.mean);
  double sum = 0;
  for (int64_t g = 0; g < job.samples.groups; ++g) {
    const V plane = sum_plane(job.src + g * job.src_group, job.vectors, [&](V s, V x) HWY_ATTR {
      const V away = hn::Sub(x, centre);
      return hn::MulAdd(away, away, s);
    });
    sum += sum_of(hn::Mul(plane, valid(job, g)));
  }
  return sum / elements(job);
}

template <Curve kCurve>
HWY_INLINE V bend(V value) {
  const D d;
  if (kCurve == Curve::kNone) return value;
  value = at_least(hn::Zero(d), value);
  return kCurve == Curve::kRelu6 ? at_most(hn::Set(d, 6.0F), value) : value;
}

/// dy where the curve, given its argument or its result, lets it through; else 0.
template <Curve kCurve>
HWY_INLINE V pass(V value, V dy) {
  const D d;
  if (kCurve == Curve::kNone) return dy;
  const V above = hn::IfThenElseZero(hn::Gt(value, hn::Zero(d)), dy);
  if (kCurve == Curve::kRelu) return above;
  return hn::IfThenElseZero(hn::Lt(value, hn::Set(d, 6.0F)), above);
}

template <Curve kCurve>
void normalise_by(const NormJob& job) {
  const D d;
  const V scale = hn::Set(d, job.scale);
  const V shift = hn::Set(d, job.shift);
  for (int64_t g = 0; g < job.samples.groups; ++g) {
    const float* src = job.src + g * job.src_group;
    float* dst = job.dst + g * job.dst_group;
    for (int64_t i = 0; i < job.vectors * kLanes; i += kLanes) {
      hn::Store(bend<kCurve>(hn::MulAdd(hn::Load(d, src + i), scale, shift)), d, dst + i);
    }
  }
}

template <Curve kCurve>
NormSums norm_sums_by(const NormJob& job) {
  const D d;
  const V scale = hn::Set(d, job.scale);
  const V shift = hn::Set(d, job.shift);
  const V centre = hn::Set(d, job.mean);
  NormSums sums;
  for (int64_t g = 0; g < job.samples.groups; ++g) {
    const float* src = job.src + g * job.src_group;
    const float* dy = job.dy + g * job.dy_group;
    V plain[2] = {hn::Zero(d), hn::Zero(d)};
    V weighted[2] = {hn::Zero(d), hn::Zero(d)};
    const auto add = [&](int k, int64_t i) HWY_ATTR {
      const V x = hn::Load(d, src + i * kLanes);
      const V grad = pass<kCurve>(hn::MulAdd(x, scale, shift), hn::Load(d, dy + i * kLanes));
      plain[k] = hn::Add(plain[k], grad);
      weighted[k] = hn::MulAdd(grad, hn::Sub(x, centre), weighted[k]);
    };
    int64_t i = 0;
    for (; i + 2 <= job.vectors; i += 2) {
      add(0, i);
      add(1, i + 1);
    }
    if (i < job.vectors) add(0, i);
    sums.plain += sum_of(hn::Add(plain[0], plain[1]));
    sums.weighted += sum_of(hn::Add(weighted[0], weighted[1]));
  }
  return sums;
}

template <Curve kCurve>
void norm_gradient_by(const NormJob& job) {
  const D d;
  const V scale = hn::Set(d, job.scale);
  const V shift = hn::Set(d, job.shift);
  const V centre = hn::Set(d, job.mean);
  for (int64_t g = 0; g < job.samples.groups; ++g) {
    const V slope = hn::Mul(hn::Set(d, job.slope), valid(job, g));
    const V offset = hn::Mul(hn::Set(d, job.offset), valid(job, g));
    const float* src = job.src + g * job.src_group;
    const float* dy = job.dy + g * job.dy_group;
    float* dst = job.dst + g * job.dst_group;
    for (int64_t i = 0; i < job.vectors * kLanes; i += kLanes) {
      const V x = hn::Load(d, src + i);
      const V grad = pass<kCurve>(hn::MulAdd(x, scale, shift), hn::Load(d, dy + i));
      V value = hn::MulAdd(scale, grad, hn::MulAdd(slope, hn::Sub(x, centre), offset));
      if (job.write == Write::kAdd) value = hn::Add(value, hn::Load(d, dst + i));
      hn::Store(value, d, dst + i);
    }
  }
}

template <Curve kCurve>
void curve_by(const float* src, float* dst, int64_t n) {
  const D d;
  for (int64_t i = 0; i < n; i += kLanes) hn::Store(bend<kCurve>(hn::Load(d, src + i)), d, dst + i);
}

template <Curve kCurve>
void curve_gradient_by(const float* result, const float* dy, float* dst, int64_t n, Write write) {
  const D d;
  for (int64_t i = 0; i < n; i += kLanes) {
    V value = pass<kCurve>(hn::Load(d, result + i), hn::Load(d, dy + i));
    if (write == Write::kAdd) value = hn::Add(value, hn::Load(d, dst + i));
    hn::Store(value, d, dst + i);
  }
}

void normalise(const NormJob& job) {
  if (job.curve == Curve::kNone) return normalise_by<Curve::kNone>(job);
  if (job.curve == Curve::kRelu) return normalise_by<Curve::kRelu>(job);
  normalise_by<Curve::kRelu6>(job);
}

NormSums norm_sums(const NormJob& job) {
  if (job.curve == Curve::kNone) return norm_sums_by<Curve::kNone>(job);
  if (job.curve == Curve::kRelu) return norm_sums_by<Curve::kRelu>(job);
  return norm_sums_by<Curve::kRelu6>(job);
}

void norm_gradient(const NormJob& job) {
  if (job.curve == Curve::kNone) return norm_gradient_by<Curve::kNone>(job);
  if (job.curve == Curve::kRelu) return norm_gradient_by<Curve::kRelu>(job);
  norm_gradient_by<Curve::kRelu6>(job);
}

void curve(Curve curve, const float* src, float* dst, int64_t n) {
  if (curve == Curve::kNone) return curve_by<Curve::kNone>(src, dst, n);
  if (curve == Curve::kRelu) return curve_by<Curve::kRelu>(src, dst, n);
  curve_by<Curve::kRelu6>(src, dst, n);
}

void curve_gradient(Curve curve, const float* result, const float* dy, float* dst, int64_t n,
                    Write write) {
  if (curve == Curve::kNone) return curve_gradient_by<Curve::kNone>(result, dy, dst, n, write);
  if (curve == Curve::kRelu) return curve_gradient_by<Curve::kRelu>(result, dy, dst, n, write);
  curve_gradient_by<Curve::kRelu6>(result, dy, dst, n, write);
}

void copy(const float* src, float* dst, int64_t n, Write write) {
  const D d;
  for (int64_t i = 0; i < n; i += kLanes) {
    V value = hn::Load(d, src + i);
    if (write == Write::kAdd) value = hn::Add(hn::Load(d, dst + i), value);
    hn::Store(value, d, dst + i);
  }
}

void linear_map(const LinearMapJob& job) {
  const D d;
  for (int64_t o = 0; o < job.outputs; ++o) {
    float* dst = job.dst + o * kLanes;
    V sum = job.write == Write::kAdd ? hn::Load(d, dst) : hn::Zero(d);
    for (int32_t k = job.begin[o]; k < job.begin[o + 1]; ++k) {
      sum = hn::MulAdd(hn::Set(d, job.weight[k]), hn::Load(d, job.src + job.at[k]), sum);
    }
    hn::Store(sum, d, dst);
  }
}

V maximum_of(const MaxJob& job, int64_t o) {
  const D d;
  V most = hn::Set(d, -std::numeric_limits<float>::infinity());
  for (int32_t k = job.begin[o]; k < job.begin[o + 1]; ++k) {
    most = hn::Max(most, hn::Load(d, job.src + job.at[k]));
  }
  return most;
}

void maximum(const MaxJob& job) {
  for (int64_t o = 0; o < job.outputs; ++o) {
    hn::Store(maximum_of(job, o), D(), job.dst + o * kLanes);
  }
}

void maximum_gradient(const MaxJob& job) {
  const D d;
  for (int64_t o = 0; o < job.outputs; ++o) {
    const V most = maximum_of(job, o);
    V left = hn::Load(d, job.dy + o * kLanes);  // zero in lanes whose tap was found
    for (int32_t k = job.begin[o]; k < job.begin[o + 1]; ++k) {
      float* grad = job.src_grad + job.at[k];
      const auto found = hn::Eq(hn::Load(d, job.src + job.at[k]), most);
      hn::Store(hn::Add(hn::Load(d, grad), hn::IfThenElseZero(found, left)), d, grad);
      left = hn::IfThenZeroElse(found, left);
    }
  }
}

}  // namespace

const MapKernels& map_table() {
  static constexpr MapKernels kKernels{.pack = &pack,
                                       .mean = &mean,
                                       .variance = &variance,
                                       .normalise = &normalise,
                                       .norm_sums = &norm_sums,
                                       .norm_gradient = &norm_gradient,
                                       .curve = &curve,
                                       .curve_gradient = &curve_gradient,
                                       .copy = &copy,
                                       .linear_map = &linear_map,
                                       .maximum = &maximum,
                                       .maximum_gradient = &maximum_gradient};
  return kKernels;
}

}  // namespace fovea::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::fast {
using cpu::Isa;

const MapKernels& map_kernels(Isa isa) { FOVEA_RETURN_FOR(isa, map_table()) }

}  // namespace fovea::fast
#endif  // HWY_ONCE
