#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/planar_kernels.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <utility>

#include "ops/cpu/planar_kernels.h"
#include "ops/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {
namespace {

constexpr int64_t kLanes = HWY_LANES(float);
constexpr int64_t kMaskBytes = (kLanes + 7) / 8;
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kRegisters = 32;
#else
constexpr int kRegisters = 16;
#endif
constexpr bool kFused = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_NEON;
// One streamed operand; and the product, where it is not added at once.
constexpr int kStreamed = kFused ? 1 : 2;

// Accumulators, the smaller of inputs and weights, and what is streamed stay in registers.
constexpr int max_vectors(int channels) {
  int best = 1;
  for (int vectors = 1; vectors <= kMaxVectorTile; ++vectors) {
    const int held = vectors < channels ? vectors : channels;
    if (channels * vectors + held + kStreamed <= kRegisters) best = vectors;
  }
  return best;
}

struct TileArgs {
  const float* in;
  const int32_t* offsets;
  int64_t k;
  const float* weights;
  const float* bias;
  const uint8_t* masks;
  float* out;
  int64_t out_plane;
  Activation activation;
};

// Floats from the first position of a tile to that of its vector `v`.
template <Positions kPositions>
HWY_INLINE constexpr int64_t vector_offset(int64_t v) {
  if constexpr (kPositions == Positions::kFlat) return v * kLanes;
  return v * kShortRowStride * (kLanes / kShortRow);
}

template <Positions kPositions>
HWY_INLINE V load(const float* HWY_RESTRICT from) {
  const D d;
  if constexpr (kPositions == Positions::kFlat || kLanes == kShortRow) {
    return hn::LoadU(d, from);
  } else {
#if HWY_TARGET == HWY_AVX3
    const hn::Half<D> half;
    return hn::Combine(d, hn::LoadU(half, from + kShortRowStride), hn::LoadU(half, from));
#else
    return hn::Zero(d);
#endif
  }
}

template <Positions kPositions>
HWY_INLINE void store(V value, const uint8_t* masks, float* HWY_RESTRICT to) {
  const D d;
  if constexpr (kPositions == Positions::kFlat) {
    hn::StoreU(hn::IfThenElseZero(hn::LoadMaskBits(d, masks), value), d, to);
  } else if constexpr (kLanes == kShortRow) {
    hn::StoreU(value, d, to);
    to[kShortRow] = 0.0F;
  } else {
#if HWY_TARGET == HWY_AVX3
    const hn::Half<D> half;
    hn::StoreU(hn::LowerHalf(half, value), half, to);
    to[kShortRow] = 0.0F;
    hn::StoreU(hn::UpperHalf(half, value), half, to + kShortRowStride);
    to[kShortRowStride + kShortRow] = 0.0F;
#else
    (void)value;
    (void)to;
#endif
  }
}

template <int kChannels, int kVectors>
HWY_INLINE void activate(V (&acc)[kChannels][kVectors], Activation activation) {
  const D d;
  if (activation == Activation::kNone) return;
  const V zero = hn::Zero(d);
  FOVEA_UNROLL
  for (int o = 0; o < kChannels; ++o) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[o][v] = at_least(zero, acc[o][v]);
  }
  if (activation == Activation::kRelu) return;
  const V six = hn::Set(d, 6.0F);
  FOVEA_UNROLL
  for (int o = 0; o < kChannels; ++o) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[o][v] = at_most(six, acc[o][v]);
  }
}

template <Positions kPositions, int kChannels, int kVectors>
HWY_NOINLINE void tile(const TileArgs& args) {
  const D d;
  const float* HWY_RESTRICT in = args.in;
  const int32_t* HWY_RESTRICT offsets = args.offsets;
  const float* HWY_RESTRICT weights = args.weights;
  V acc[kChannels][kVectors];
  FOVEA_UNROLL
  for (int o = 0; o < kChannels; ++o) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[o][v] = hn::Set(d, args.bias[o]);
  }
  const int32_t* const end = offsets + args.k;
  for (; offsets != end; ++offsets) {
    const float* HWY_RESTRICT from = in + *offsets;
    if constexpr (kVectors <= kChannels) {
      V x[kVectors];
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        x[v] = in_register(load<kPositions>(from + vector_offset<kPositions>(v)));
      }
      FOVEA_UNROLL
      for (int o = 0; o < kChannels; ++o) {
        const V weight = in_register(hn::Set(d, weights[o]));
        FOVEA_UNROLL
        for (int v = 0; v < kVectors; ++v) acc[o][v] = hn::MulAdd(x[v], weight, acc[o][v]);
      }
    } else {
      V weight[kChannels];
      FOVEA_UNROLL
      for (int o = 0; o < kChannels; ++o) weight[o] = in_register(hn::Set(d, weights[o]));
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        const V x = in_register(load<kPositions>(from + vector_offset<kPositions>(v)));
        FOVEA_UNROLL
        for (int o = 0; o < kChannels; ++o) acc[o][v] = hn::MulAdd(x, weight[o], acc[o][v]);
      }
    }
    weights += kChannels;
  }
  activate<kChannels, kVectors>(acc, args.activation);
  FOVEA_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    FOVEA_UNROLL
    for (int o = 0; o < kChannels; ++o) {
      store<kPositions>(acc[o][v], args.masks + v * kMaskBytes,
                        args.out + o * args.out_plane + vector_offset<kPositions>(v));
    }
  }
}

using Tile = void (*)(const TileArgs&);

template <Positions kPositions, int kChannels, int kVectors>
constexpr Tile tile_or_null() {
  if constexpr (kVectors <= max_vectors(kChannels)) return &tile<kPositions, kChannels, kVectors>;
  return nullptr;
}

template <Positions kPositions, int kChannels, size_t... kVectors>
constexpr std::array<Tile, kMaxVectorTile> tiles_of(std::index_sequence<kVectors...> /*vectors*/) {
  return {tile_or_null<kPositions, kChannels, static_cast<int>(kVectors) + 1>()...};
}

template <Positions kPositions, size_t... kChannels>
constexpr std::array<std::array<Tile, kMaxVectorTile>, kMaxChannelTile> all_tiles(
    std::index_sequence<kChannels...> /*channels*/) {
  return {tiles_of<kPositions, static_cast<int>(kChannels) + 1>(
      std::make_index_sequence<kMaxVectorTile>())...};
}

template <Positions kPositions>
int64_t run(const PlanarJob& job) {
  static constexpr auto kTiles = all_tiles<kPositions>(std::make_index_sequence<kMaxChannelTile>());
  const int64_t n_positions = (job.vectors + job.max_vectors - 1) / job.max_vectors;
  const int64_t small = job.vectors / n_positions;
  const int64_t larger = job.vectors % n_positions;
  const auto n_tiles = static_cast<int64_t>(job.tiles.size());
  const int64_t n_outer = job.positions_outer ? n_positions : n_tiles;
  const int64_t n_inner = job.positions_outer ? n_tiles : n_positions;
  int64_t products = 0;
  int64_t channel = 0;
  int64_t first = 0;
  for (int64_t outer = 0; outer < n_outer; ++outer) {
    if (job.positions_outer) {
      channel = 0;
    } else {
      first = 0;
    }
    for (int64_t inner = 0; inner < n_inner; ++inner) {
      const int64_t i = job.positions_outer ? outer : inner;
      const int64_t vectors = small + (i < larger ? 1 : 0);
      const int channels = job.tiles[static_cast<size_t>(job.positions_outer ? inner : outer)];
      const TileArgs args{
          .in = job.in + vector_offset<kPositions>(first),
          .offsets = job.offsets,
          .k = job.k,
          .weights = job.weights + channel * job.k,
          .bias = job.bias + channel,
          .masks = job.masks + first * kMaskBytes,
          .out = job.out + channel * job.out_plane + vector_offset<kPositions>(first),
          .out_plane = job.out_plane,
          .activation = job.activation};
      kTiles[static_cast<size_t>(channels - 1)][static_cast<size_t>(vectors - 1)](args);
      if (job.positions_outer) {
        channel += channels;
      } else {
        first += vectors;
      }
      if (i == 0) products += channels * job.k;
    }
    if (job.positions_outer) {
      first += small + (outer < larger ? 1 : 0);
    } else {
      channel += job.tiles[static_cast<size_t>(outer)];
    }
  }
  int64_t n_channels = 0;
  for (const int channels : job.tiles) n_channels += channels;
  for (int64_t o = 0; o < n_channels && job.written < job.out_plane; ++o) {
    float* plane = job.out + o * job.out_plane;
    clear(plane + job.written, plane + job.out_plane);
  }
  return products;
}

using Run = int64_t (*)(const PlanarJob&);

constexpr Run short_rows_or_null() {
  constexpr bool kWholeRows = kLanes == kShortRow || HWY_TARGET == HWY_AVX3;
  if constexpr (kWholeRows) return &run<Positions::kShortRows>;
  return nullptr;
}

}  // namespace

const PlanarKernels& planar_table() {
  static constexpr PlanarKernels kKernels{
      .flat = &run<Positions::kFlat>,
      .short_rows = short_rows_or_null(),
      .vector_floats = kLanes,
      .mask_bytes = kMaskBytes,
      .fused = kFused,
      .max_vectors = {0, max_vectors(1), max_vectors(2), max_vectors(3), max_vectors(4),
                      max_vectors(5), max_vectors(6)}};
  return kKernels;
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {

const PlanarKernels& planar_kernels(Isa isa) { FOVEA_RETURN_FOR(isa, planar_table()) }

}  // namespace fovea::cpu
#endif  // HWY_ONCE
