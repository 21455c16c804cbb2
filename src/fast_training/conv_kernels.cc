#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fast_training/conv_kernels.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>

#include "fast_training/conv_kernels.h"
#include "ops/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::fast::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using cpu::HWY_NAMESPACE::D;
using cpu::HWY_NAMESPACE::in_register;
using cpu::HWY_NAMESPACE::V;

constexpr int64_t kLanes = HWY_LANES(float);
constexpr int kPixels = 4;
/// Output channels of a tile: accumulators, one weight each and a source fill the registers.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kBlock = 6;
#else
constexpr int kBlock = 3;
#endif

/// Channels [begin, end) are cut into blocks of nearly equal size.
struct Blocks {
  int64_t n = 0;
  int64_t channels = 0;
  explicit Blocks(int64_t oc) : n((oc + kBlock - 1) / kBlock), channels(oc) {}
  [[nodiscard]] int64_t begin(int64_t b) const { return b * channels / n; }
};

template <int kO>
void gather_tile(const GatherJob& job, int64_t o0, int64_t pixel, const float* HWY_RESTRICT w) {
  const D d;
  const int64_t last = job.pixels - 1;
  const float* s0 = job.src + job.src_at[pixel];
  const float* s1 = job.src + job.src_at[std::min(pixel + 1, last)];
  const float* s2 = job.src + job.src_at[std::min(pixel + 2, last)];
  const float* s3 = job.src + job.src_at[std::min(pixel + 3, last)];
  V sum[kO][kPixels];
  FOVEA_UNROLL for (int o = 0; o < kO; ++o) {
    const V start = job.bias == nullptr ? hn::Zero(d) : hn::Set(d, job.bias[o0 + o]);
    FOVEA_UNROLL for (int p = 0; p < kPixels; ++p) sum[o][p] = start;
  }
  const int64_t tap_end = job.tap_end;
  const int64_t left_out = job.taps - (tap_end - job.tap_begin);
  int64_t plane = 0;
  w += job.tap_begin * kO;
  for (int64_t i = 0; i < job.ic; ++i, plane += job.src_plane, w += left_out * kO) {
    for (int64_t t = job.tap_begin; t < tap_end; ++t, w += kO) {
      const int64_t at = plane + job.tap_at[t];
      V weight[kO];
      FOVEA_UNROLL for (int o = 0; o < kO; ++o) weight[o] = in_register(hn::Set(d, w[o]));
      const float* const from[kPixels] = {s0, s1, s2, s3};
      FOVEA_UNROLL for (int p = 0; p < kPixels; ++p) {
        const V x = in_register(hn::Load(d, from[p] + at));
        FOVEA_UNROLL for (int o = 0; o < kO; ++o) sum[o][p] = hn::MulAdd(weight[o], x, sum[o][p]);
      }
    }
  }
  const int64_t valid = std::min<int64_t>(kPixels, job.pixels - pixel);
  FOVEA_UNROLL for (int p = 0; p < kPixels; ++p) {
    if (p >= valid) continue;
    float* dst = job.dst + o0 * job.dst_plane + job.dst_at[pixel + p];
    FOVEA_UNROLL for (int o = 0; o < kO; ++o, dst += job.dst_plane) {
      hn::Store(job.accumulate ? hn::Add(hn::Load(d, dst), sum[o][p]) : sum[o][p], d, dst);
    }
  }
}

void gather(const GatherJob& job) {
  const Blocks blocks(job.oc);
  for (int64_t pixel = 0; pixel < job.pixels; pixel += kPixels) {
    for (int64_t b = 0; b < blocks.n; ++b) {
      const int64_t o0 = blocks.begin(b);
      const float* w = job.weight + o0 * job.ic * job.taps;
      switch (blocks.begin(b + 1) - o0) {
        case 1:
          gather_tile<1>(job, o0, pixel, w);
          break;
        case 2:
          gather_tile<2>(job, o0, pixel, w);
          break;
        case 3:
          gather_tile<3>(job, o0, pixel, w);
          break;
        case 4:
          gather_tile<std::min(4, kBlock)>(job, o0, pixel, w);
          break;
        case 5:
          gather_tile<std::min(5, kBlock)>(job, o0, pixel, w);
          break;
        default:
          gather_tile<kBlock>(job, o0, pixel, w);
          break;
      }
    }
  }
}

void pack_weights(const float* weight, int64_t oc, int64_t ic, int64_t o_step, int64_t i_step,
                  const int32_t* taps, int64_t n_taps, float* dst) {
  const Blocks blocks(oc);
  for (int64_t b = 0; b < blocks.n; ++b) {
    for (int64_t i = 0; i < ic; ++i) {
      for (int64_t t = 0; t < n_taps; ++t) {
        const float* from = weight + i * i_step + taps[t];
        for (int64_t o = blocks.begin(b); o < blocks.begin(b + 1); ++o) *dst++ = from[o * o_step];
      }
    }
  }
}

template <int kO>
void weight_tile(const WeightJob& job, int64_t o0, int64_t j0) {
  const D d;
  const int64_t last = job.n - 1;
  const float* const from[kPixels] = {
      job.src + job.at[j0], job.src + job.at[std::min(j0 + 1, last)],
      job.src + job.at[std::min(j0 + 2, last)], job.src + job.at[std::min(j0 + 3, last)]};
  const float* const dy0 = job.dy + o0 * job.dy_plane;
  V sum[kO][kPixels];
  FOVEA_UNROLL for (int o = 0; o < kO; ++o) {
    FOVEA_UNROLL for (int j = 0; j < kPixels; ++j) sum[o][j] = hn::Zero(d);
  }
  for (int64_t g = 0; g < job.groups; ++g) {
    for (int64_t y = 0; y < job.rows; ++y) {
      const float* dy = dy0 + g * job.dy_group + y * job.dy_row;
      int64_t at = g * job.src_group + y * job.src_row;
      for (int64_t x = 0; x < job.cols; ++x, dy += kLanes, at += job.src_step) {
        V grad[kO];
        FOVEA_UNROLL for (int o = 0; o < kO; ++o) {
          grad[o] = in_register(hn::Load(d, dy + o * job.dy_plane));
        }
        FOVEA_UNROLL for (int j = 0; j < kPixels; ++j) {
          const V value = in_register(hn::Load(d, from[j] + at));
          FOVEA_UNROLL for (int o = 0; o < kO; ++o) {
            sum[o][j] = hn::MulAdd(grad[o], value, sum[o][j]);
          }
        }
      }
    }
  }
  const int64_t valid = std::min<int64_t>(kPixels, job.n - j0);
  FOVEA_UNROLL for (int o = 0; o < kO; ++o) {
    FOVEA_UNROLL for (int j = 0; j < kPixels; ++j) {
      if (j < valid) {
        job.grads[(o0 + o) * job.grads_step + job.to[j0 + j]] +=
            hn::GetLane(hn::SumOfLanes(d, sum[o][j]));
      }
    }
  }
}

void weights(const WeightJob& job) {
  const Blocks blocks(job.oc);
  for (int64_t b = 0; b < blocks.n; ++b) {
    const int64_t o0 = blocks.begin(b);
    const int64_t size = blocks.begin(b + 1) - o0;
    for (int64_t j = 0; j < job.n; j += kPixels) {
      switch (size) {
        case 1:
          weight_tile<1>(job, o0, j);
          break;
        case 2:
          weight_tile<2>(job, o0, j);
          break;
        case 3:
          weight_tile<3>(job, o0, j);
          break;
        case 4:
          weight_tile<std::min(4, kBlock)>(job, o0, j);
          break;
        case 5:
          weight_tile<std::min(5, kBlock)>(job, o0, j);
          break;
        default:
          weight_tile<kBlock>(job, o0, j);
          break;
      }
    }
  }
}

}  // namespace

const ConvKernels& conv_table() {
  static constexpr ConvKernels kKernels{.lanes = static_cast<int>(kLanes),
                                        .gather = &gather,
                                        .weights = &weights,
                                        .pack_weights = &pack_weights};
  return kKernels;
}

}  // namespace fovea::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::fast {
using cpu::Isa;

const ConvKernels& conv_kernels(Isa isa) { FOVEA_RETURN_FOR(isa, conv_table()) }

}  // namespace fovea::fast
#endif  // HWY_ONCE
