#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/channels_kernels.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <utility>

#include "ops/cpu/channels_kernels.h"
#include "ops/cpu/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {
namespace {

constexpr int64_t kLanes = HWY_LANES(float);
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kRegisters = 32;
#else
constexpr int kRegisters = 16;
#endif
constexpr bool kFused = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_NEON;
// One streamed operand; and the product, where it is not added at once.
constexpr int kStreamed = kFused ? 1 : 2;

// Accumulators, the smaller of inputs and weights, and what is streamed stay in registers.
constexpr int max_rows(int vectors) {
  int best = 1;
  for (int rows = 1; rows <= kMaxRowTile; ++rows) {
    const int held = rows < vectors ? rows : vectors;
    if (rows * vectors + held + kStreamed <= kRegisters) best = rows;
  }
  return best;
}

template <int kRows, int kVectors>
HWY_INLINE void activate(V (&acc)[kRows][kVectors], Activation activation) {
  const D d;
  if (activation == Activation::kNone) return;
  const V zero = hn::Zero(d);
  FOVEA_UNROLL
  for (int r = 0; r < kRows; ++r) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[r][v] = at_least(zero, acc[r][v]);
  }
  if (activation == Activation::kRelu) return;
  const V six = hn::Set(d, 6.0F);
  FOVEA_UNROLL
  for (int r = 0; r < kRows; ++r) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) acc[r][v] = at_most(six, acc[r][v]);
  }
}

template <int kRows, int kVectors>
HWY_NOINLINE void tile(const ChannelsJob& job, int64_t first_row) {
  const D d;
  const float* rows[kRows];
  FOVEA_UNROLL
  for (int r = 0; r < kRows; ++r) rows[r] = job.rows[first_row + r];
  float* HWY_RESTRICT sums = job.sums + first_row * kVectors * kLanes;
  V acc[kRows][kVectors];
  FOVEA_UNROLL
  for (int r = 0; r < kRows; ++r) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      acc[r][v] = job.bias != nullptr ? hn::LoadU(d, job.bias + v * kLanes)
                                      : hn::LoadU(d, sums + (r * kVectors + v) * kLanes);
    }
  }
  const float* HWY_RESTRICT weights = job.weights;
  const int32_t* HWY_RESTRICT offsets = job.offsets;
  const int32_t* const end = offsets + job.k;
  for (; offsets != end; ++offsets) {
    const int64_t offset = *offsets;
    if constexpr (kVectors <= kRows) {
      V weight[kVectors];
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v)
        weight[v] = in_register(hn::LoadU(d, weights + v * kLanes));
      FOVEA_UNROLL
      for (int r = 0; r < kRows; ++r) {
        const V x = in_register(hn::Set(d, rows[r][offset]));
        FOVEA_UNROLL
        for (int v = 0; v < kVectors; ++v) acc[r][v] = hn::MulAdd(x, weight[v], acc[r][v]);
      }
    } else {
      V x[kRows];
      FOVEA_UNROLL
      for (int r = 0; r < kRows; ++r) x[r] = in_register(hn::Set(d, rows[r][offset]));
      FOVEA_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        const V weight = in_register(hn::LoadU(d, weights + v * kLanes));
        FOVEA_UNROLL
        for (int r = 0; r < kRows; ++r) acc[r][v] = hn::MulAdd(x[r], weight, acc[r][v]);
      }
    }
    weights += kVectors * kLanes;
  }
  activate<kRows, kVectors>(acc, job.activation);
  FOVEA_UNROLL
  for (int r = 0; r < kRows; ++r) {
    FOVEA_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      hn::StoreU(acc[r][v], d, sums + (r * kVectors + v) * kLanes);
    }
  }
}

using Tile = void (*)(const ChannelsJob&, int64_t);

template <int kVectors, int kRows>
constexpr Tile tile_or_null() {
  if constexpr (kRows <= max_rows(kVectors)) return &tile<kRows, kVectors>;
  return nullptr;
}

template <int kVectors, size_t... kRows>
constexpr std::array<Tile, kMaxRowTile> tiles_of(std::index_sequence<kRows...> /*rows*/) {
  return {tile_or_null<kVectors, static_cast<int>(kRows) + 1>()...};
}

template <size_t... kVectors>
constexpr std::array<std::array<Tile, kMaxRowTile>, kMaxBlockVectors> all_tiles(
    std::index_sequence<kVectors...> /*vectors*/) {
  return {tiles_of<static_cast<int>(kVectors) + 1>(std::make_index_sequence<kMaxRowTile>())...};
}

int64_t accumulate(const ChannelsJob& job) {
  static constexpr auto kTiles = all_tiles(std::make_index_sequence<kMaxBlockVectors>());
  const auto& tiles = kTiles[static_cast<size_t>(job.block_vectors - 1)];
  const int64_t most = max_rows(job.block_vectors);
  const int64_t n_tiles = (job.n_rows + most - 1) / most;
  const int64_t small = job.n_rows / n_tiles;
  const int64_t larger = job.n_rows % n_tiles;
  int64_t first = 0;
  for (int64_t i = 0; i < n_tiles; ++i) {
    const int64_t rows = small + (i < larger ? 1 : 0);
    tiles[static_cast<size_t>(rows - 1)](job, first);
    first += rows;
  }
  return first * job.k;
}

void scatter(const float* sums, int64_t stride, int64_t n_rows, int64_t n_channels,
             const int32_t* positions, float* out, int64_t plane) {
  int64_t c = 0;
#if HWY_TARGET != HWY_SCALAR
  // Blocks of four rows and four channels are transposed where the rows are neighbours in the map.
  const hn::Full128<float> d;
  for (; c + 4 <= n_channels; c += 4) {
    float* to = out + c * plane;
    int64_t r = 0;
    while (r < n_rows) {
      const float* from = sums + r * stride + c;
      const bool neighbours = r + 4 <= n_rows && positions[r + 3] == positions[r] + 3;
      if (!neighbours) {
        const int32_t at = positions[r];
        to[at] = from[0];
        to[plane + at] = from[1];
        to[2 * plane + at] = from[2];
        to[3 * plane + at] = from[3];
        r += 1;
        continue;
      }
      const auto r0 = hn::LoadU(d, from);
      const auto r1 = hn::LoadU(d, from + stride);
      const auto r2 = hn::LoadU(d, from + 2 * stride);
      const auto r3 = hn::LoadU(d, from + 3 * stride);
      const auto a = hn::InterleaveLower(d, r0, r2);
      const auto b = hn::InterleaveUpper(d, r0, r2);
      const auto e = hn::InterleaveLower(d, r1, r3);
      const auto f = hn::InterleaveUpper(d, r1, r3);
      float* at = to + positions[r];
      hn::StoreU(hn::InterleaveLower(d, a, e), d, at);
      hn::StoreU(hn::InterleaveUpper(d, a, e), d, at + plane);
      hn::StoreU(hn::InterleaveLower(d, b, f), d, at + 2 * plane);
      hn::StoreU(hn::InterleaveUpper(d, b, f), d, at + 3 * plane);
      r += 4;
    }
  }
#endif
  for (; c < n_channels; ++c) {
    for (int64_t r = 0; r < n_rows; ++r) out[c * plane + positions[r]] = sums[r * stride + c];
  }
}

template <size_t... kVectors>
constexpr ChannelsKernels make_kernels(std::index_sequence<kVectors...> /*vectors*/) {
  return {.accumulate = &accumulate,
          .scatter = &scatter,
          .vector_floats = kLanes,
          .fused = kFused,
          .max_rows = {0, max_rows(static_cast<int>(kVectors) + 1)...}};
}

}  // namespace

const ChannelsKernels& channels_table() {
  static constexpr ChannelsKernels kKernels =
      make_kernels(std::make_index_sequence<kMaxBlockVectors>());
  return kKernels;
}

}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {

const ChannelsKernels& channels_kernels(Isa isa) { FOVEA_RETURN_FOR(isa, channels_table()) }

}  // namespace fovea::cpu
#endif  // HWY_ONCE
