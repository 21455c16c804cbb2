// Inner loops of the convolution that vectorises over output channels.
#pragma once

#include <cstdint>
#include <span>

#include "ops/cpu/isa.h"
#include "ops/facet_cpu.h"

namespace fovea::cpu {

/// Most output vectors that one block of channels holds.
inline constexpr int kMaxBlockVectors = 8;
/// Most rows (outputs of one channel vector) of one tile.
inline constexpr int kMaxRowTile = 8;

/// One block of output channels at some positions, over some of the taps.
struct ChannelsJob {
  const float* const* rows = nullptr;  ///< per output position: its input at offset 0
  int64_t n_rows = 0;
  const int32_t* offsets = nullptr;  ///< [k] floats from a row's pointer to its tap
  int64_t k = 0;                     ///< taps of this call
  const float* weights = nullptr;    ///< [k][block_vectors vectors]
  const float* bias = nullptr;       ///< block_vectors vectors; null: go on from `sums`
  int block_vectors = 1;
  float* sums = nullptr;                      ///< [n_rows][block_vectors vectors]
  Activation activation = Activation::kNone;  ///< kNone unless these are the last taps
};

struct ChannelsKernels {
  /// Returns rows × k.
  int64_t (*accumulate)(const ChannelsJob& job) = nullptr;
  /// out[c·plane + positions[r]] = sums[r·stride + c] for n_rows rows and n_channels channels.
  void (*scatter)(const float* sums, int64_t stride, int64_t n_rows, int64_t n_channels,
                  const int32_t* positions, float* out, int64_t plane) = nullptr;
  int vector_floats = 1;
  bool fused = false;
  /// Most rows of a tile with so many vectors; [0] is unused.
  int max_rows[kMaxBlockVectors + 1] = {};
};

[[nodiscard]] const ChannelsKernels& channels_kernels(Isa isa);

}  // namespace fovea::cpu
