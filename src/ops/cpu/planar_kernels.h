// Inner loops of the planar convolution, one set per instruction set.
#pragma once

#include <cstdint>
#include <span>

#include "ops/cpu/isa.h"
#include "ops/facet_cpu.h"

namespace fovea::cpu {

/// Most output channels that one tile holds.
inline constexpr int kMaxChannelTile = 6;
/// Most position vectors that one tile holds.
inline constexpr int kMaxVectorTile = 12;
/// Width and row stride of maps that have tiles of whole rows.
inline constexpr int64_t kShortRow = 8;
inline constexpr int64_t kShortRowStride = 9;

/// How the positions of a plane are cut into vectors.
enum class Positions : uint8_t {
  kFlat,       ///< consecutive floats across rows; gap columns are computed and masked
  kShortRows,  ///< vectors hold whole rows of 8 out of rows 9 apart; no position is wasted
};

/// All output channels of one group of one sample, or some of them.
///
/// out[o][p] = act(bias[o] + Σ_k weights[o][k]·in[offsets[k] + p]) for the positions p of the
/// plane.
struct PlanarJob {
  const float* in = nullptr;         ///< position 0 of the group's first input plane
  const int32_t* offsets = nullptr;  ///< [k] floats from a position to its tap
  int64_t k = 0;                     ///< taps of all input channels
  const float* weights = nullptr;    ///< channel tiles one behind the other, each [k][tile]
  const float* bias = nullptr;       ///< [sum of tiles]
  std::span<const int> tiles;        ///< output channels of each tile
  const uint8_t* masks = nullptr;    ///< [vectors][mask_bytes] bit set: position inside the map
  int64_t vectors = 0;
  int max_vectors = 1;          ///< of one tile
  bool positions_outer = true;  ///< order of the loops over positions and channel tiles
  float* out = nullptr;         ///< position 0 of the first output plane
  int64_t out_plane = 0;        ///< floats from plane to plane
  int64_t written = 0;          ///< floats of a plane behind which zeros are filled in
  Activation activation = Activation::kNone;
};

struct PlanarKernels {
  /// Returns output channels × k, summed over the tiles that were computed.
  int64_t (*flat)(const PlanarJob& job) = nullptr;
  int64_t (*short_rows)(const PlanarJob& job) = nullptr;
  int vector_floats = 1;
  int mask_bytes = 1;
  bool fused = false;  ///< multiply-add is one instruction
  /// Most position vectors of a tile with so many channels; [0] is unused.
  int max_vectors[kMaxChannelTile + 1] = {};
};

[[nodiscard]] const PlanarKernels& planar_kernels(Isa isa);

}  // namespace fovea::cpu
