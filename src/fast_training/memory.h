// Memory of the values and gradients of one batch size.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fast_training/step.h"

namespace fovea::fast {

/// Floats that start at a cache line and, where the system has them, lie in large pages; zeros at
/// first.
class Floats {
 public:
  Floats() = default;
  explicit Floats(int64_t n);
  [[nodiscard]] float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* data) const;
  };
  std::unique_ptr<float, Free> data_;
};

/// When the gradient of a root is in use; steps of the way back count from 0.
struct Lifetime {
  int first = -1;
  int last = -1;
};

/// Values stay for the way back; gradients share memory where their lifetimes do not meet.
class BatchMemory final : public Memory {
 public:
  /// lifetimes by root; the layout must outlive this.
  BatchMemory(const Layout& layout, const std::vector<Lifetime>& lifetimes, int64_t groups,
              int lanes);
  [[nodiscard]] Maps value(ValueId id) const override;
  [[nodiscard]] Maps gradient(ValueId id) const override;
  [[nodiscard]] int64_t groups() const { return groups_; }
  [[nodiscard]] int64_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] Maps maps(ValueId id, Place place, float* base) const;

  const Layout* layout_;
  int64_t groups_;
  int lanes_;
  int64_t bytes_ = 0;
  Floats values_;
  Floats gradients_;
  std::vector<int64_t> value_at_;  ///< by root
  std::vector<int64_t> gradient_at_;
};

}  // namespace fovea::fast
