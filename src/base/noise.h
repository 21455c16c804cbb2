// Counter-based random numbers: the value at a place is a function of the seed and the place alone,
// so that results do not depend on order, batch or threads.
#pragma once

#include <cstdint>
#include <string_view>

namespace fovea {

__extension__ using Uint128 = unsigned __int128;

/// FNV-1a, 64 bit.
constexpr uint64_t fnv1a(std::string_view bytes, uint64_t basis = 14695981039346656037ULL) {
  uint64_t h = basis;
  for (const char c : bytes) h = (h ^ static_cast<uint8_t>(c)) * 1099511628211ULL;
  return h;
}

/// The finaliser of SplitMix64: a bijection that mixes all bits.
constexpr uint64_t mix64(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

/// One stream of random numbers; element t is mix64(key + (t + 1)·golden).
class Noise {
 public:
  constexpr explicit Noise(uint64_t key) : key_(key) {}
  /// Stream of a name under a seed.
  constexpr Noise(uint64_t seed, std::string_view name)
      : key_(mix64(seed ^ fnv1a(name)) ^ fnv1a(name)) {}
  [[nodiscard]] constexpr uint64_t bits(uint64_t t) const {
    return mix64(key_ + (t + 1) * 0x9E3779B97F4A7C15ULL);
  }
  /// Uniform in [0,1), 53 bits.
  [[nodiscard]] constexpr double uniform(uint64_t t) const {
    return static_cast<double>(bits(t) >> 11) * 0x1p-53;
  }
  /// Uniform integer in [0,n), n >= 1.
  [[nodiscard]] constexpr uint64_t below(uint64_t t, uint64_t n) const {
    return static_cast<uint64_t>((static_cast<Uint128>(bits(t)) * n) >> 64);
  }
  /// Standard normal (Box-Muller on elements 2t and 2t+1).
  [[nodiscard]] double normal(uint64_t t) const;
  /// A stream of its own for one index (sample, step, picture, …).
  [[nodiscard]] constexpr Noise fork(uint64_t index) const {
    return Noise(mix64(key_ ^ mix64(index + 0x51ED2701ULL)));
  }

 private:
  uint64_t key_;
};

/// A running reader of a Noise stream, for code that draws one number after the other.
class NoiseCursor {
 public:
  explicit NoiseCursor(Noise noise) : noise_(noise) {}
  double uniform() { return noise_.uniform(next_++); }
  uint64_t below(uint64_t n) { return noise_.below(next_++, n); }
  double normal() { return noise_.normal(next_++); }

 private:
  Noise noise_;
  uint64_t next_ = 0;
};

}  // namespace fovea
