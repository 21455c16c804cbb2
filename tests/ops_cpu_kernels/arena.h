// Blocks of samples as the runtime lays them out, poisoned everywhere else.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "ops/facet_cpu.h"

namespace fovea::cpu {

inline uint32_t bits_of(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// A NaN that no arithmetic gives.
inline float poison() {
  const uint32_t bits = 0x7fabcdefU;
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline bool poisoned(float value) { return bits_of(value) == bits_of(poison()); }

/// Dense [channels, height, width] of numbers in [−1, 1).
inline std::vector<float> random_values(int64_t n, std::mt19937& random) {
  std::uniform_real_distribution<float> uniform(-1.0F, 1.0F);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& value : values) value = uniform(random);
  return values;
}

/// n equal blocks; values are added before the first use of lanes().
class Arena {
 public:
  explicit Arena(int n) : n_(n) {}

  /// Reserves a value between poisoned margins.
  ValueRef add(const PlaneLayout& layout) {
    const ValueRef ref{.offset = floats_ + kVectorSlack + layout.lead(), .layout = layout};
    floats_ = (ref.offset + layout.floats() + kVectorSlack + 15) / 16 * 16;
    return ref;
  }

  Lanes lanes() {
    if (storage_.empty()) {
      storage_.assign(static_cast<size_t>(floats_ * n_ + 16), poison());
      const auto misfit = reinterpret_cast<uintptr_t>(storage_.data()) / sizeof(float) % 16;
      for (int i = 0; i < n_; ++i) {
        blocks_.push_back(storage_.data() + (16 - misfit) % 16 + i * floats_);
      }
    }
    return {.blocks = blocks_.data(), .n = n_};
  }

  /// Sets the map of one sample and the zeros that the layout promises.
  void fill(int lane, const ValueRef& ref, const std::vector<float>& dense) {
    float* base = lanes().blocks[lane] + ref.offset;
    const PlaneLayout& layout = ref.layout;
    std::fill(base - layout.lead(), base + layout.floats(), 0.0F);
    for (size_t i = 0; i < dense.size(); ++i) base[place(layout, i)] = dense[i];
  }

  /// The map of one sample; says in `defect` what lies where the layout promises zeros.
  std::vector<float> read(int lane, const ValueRef& ref, std::string& defect) {
    const float* base = lanes().blocks[lane] + ref.offset;
    const PlaneLayout& layout = ref.layout;
    std::vector<float> dense(static_cast<size_t>(layout.channels * layout.height * layout.width));
    std::vector<bool> map(static_cast<size_t>(layout.floats()));
    for (size_t i = 0; i < dense.size(); ++i) {
      dense[i] = base[place(layout, i)];
      map[static_cast<size_t>(place(layout, i))] = true;
    }
    for (int64_t i = 0; i < layout.floats(); ++i) {
      if (!map[static_cast<size_t>(i)] && bits_of(base[i]) != 0) {
        defect = "not zero at " + std::to_string(i) + ": " + std::to_string(base[i]);
      }
    }
    for (int64_t i = 1; i <= kVectorSlack; ++i) {
      if (!poisoned(base[-layout.lead() - i])) defect = "written before the value";
      if (!poisoned(base[layout.floats() + i - 1])) defect = "written behind the value";
    }
    return dense;
  }

  static int64_t place(const PlaneLayout& layout, size_t i) {
    const int64_t map = layout.height * layout.width;
    const auto at = static_cast<int64_t>(i);
    return at / map * layout.plane_stride + at % map / layout.width * layout.row_stride +
           at % layout.width;
  }

 private:
  std::vector<float> storage_;
  std::vector<float*> blocks_;
  int64_t floats_ = 0;
  int n_ = 0;
};

/// Scratch with poison inside and behind.
class Scratch {
 public:
  explicit Scratch(int64_t floats)
      : floats_(floats), storage_(static_cast<size_t>(floats + 32 + kVectorSlack), poison()) {}
  float* data() {
    const auto misfit = reinterpret_cast<uintptr_t>(storage_.data()) / sizeof(float) % 16;
    return storage_.data() + (16 - misfit) % 16;
  }
  /// Whether everything behind the announced size is untouched.
  bool intact() {
    for (int64_t i = 0; i < kVectorSlack / 4; ++i) {
      if (!poisoned(data()[floats_ + i])) return false;
    }
    return true;
  }

 private:
  int64_t floats_;
  std::vector<float> storage_;
};

}  // namespace fovea::cpu
