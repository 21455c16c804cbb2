// Multiply-adds of convolutions and linear layers on vectors of samples.
#pragma once

#include <cstdint>

#include "ops/cpu/isa.h"

namespace fovea::fast {

/// dst[oc][p] = bias[oc] + sum over ic and taps of weight·src[ic][p + tap]. Which pixels and taps
/// there are is the caller's: forward passes and gradients of every stride are this sum. All
/// distances are in floats.
struct GatherJob {
  const float* src = nullptr;
  int64_t src_plane = 0;
  float* dst = nullptr;
  int64_t dst_plane = 0;
  const int32_t* src_at = nullptr;  ///< [pixels]
  const int32_t* dst_at = nullptr;  ///< [pixels]
  int64_t pixels = 0;
  const int32_t* tap_at = nullptr;  ///< [taps], may be negative
  int64_t taps = 0;                 ///< that weights are packed for
  int64_t tap_begin = 0;            ///< the others are left out: they would meet zeros
  int64_t tap_end = 0;
  const float* weight = nullptr;  ///< as pack_weights() writes them
  const float* bias = nullptr;    ///< [oc], or null
  int64_t ic = 0;
  int64_t oc = 0;
  bool accumulate = false;  ///< adds to dst
};

/// grads[oc][to[j]] += sum over groups, pixels and lanes of dy[oc][p]·src[p + at[j]].
struct WeightJob {
  const float* dy = nullptr;
  int64_t dy_plane = 0;
  int64_t dy_group = 0;
  int64_t dy_row = 0;
  const float* src = nullptr;
  int64_t src_group = 0;
  int64_t src_row = 0;
  int64_t src_step = 0;         ///< between neighbouring pixels of a row
  const int32_t* at = nullptr;  ///< [n]
  const int32_t* to = nullptr;  ///< [n]
  int64_t n = 0;
  int64_t groups = 1;
  int64_t rows = 1;
  int64_t cols = 1;
  int64_t oc = 0;
  float* grads = nullptr;
  int64_t grads_step = 0;  ///< between output channels
};

struct ConvKernels {
  int lanes = 1;
  void (*gather)(const GatherJob& job) = nullptr;
  void (*weights)(const WeightJob& job) = nullptr;
  /// Packs for gather(): weight (o, i, t) is read at o·o_step + i·i_step + taps[t]. Writes
  /// oc·ic·n_taps floats.
  void (*pack_weights)(const float* weight, int64_t oc, int64_t ic, int64_t o_step, int64_t i_step,
                       const int32_t* taps, int64_t n_taps, float* dst) = nullptr;
};

[[nodiscard]] const ConvKernels& conv_kernels(cpu::Isa isa);

}  // namespace fovea::fast
