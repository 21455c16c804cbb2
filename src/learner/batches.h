// Batches of normalised pictures out of a pack.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "data/core/augment.h"
#include "data/core/dataset.h"
#include "data/core/random_crop.h"
#include "data/core/transform.h"

namespace fovea {

/// What is done to a picture in training; the first: nothing.
using Augmentation = std::variant<std::monostate, PadCropFlip, RandomResizedCrop>;

/// Some pictures of one size, normalised and augmented; without augmentation larger pictures are
/// cut to their centre. A picture's numbers depend on its index in `data`, the seed and the epoch
/// alone. Thread-safety: may be used by many threads.
class Batches {
 public:
  /// Throws Error (kBadInput) where a picture is smaller than side x side, or larger under
  /// PadCropFlip, or lies not in memory.
  Batches(DatasetPtr data, std::vector<int64_t> indices, int32_t side,
          const Normalisation& normalisation, Augmentation augment = {});

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(indices_.size()); }
  /// Floats of one picture, planar.
  [[nodiscard]] int64_t n_values() const { return 3 * int64_t{side_} * side_; }
  /// Fills values [count, 3, side, side] and labels [count]; `places` index this object's pictures.
  void fill(std::span<const int64_t> places, uint64_t epoch, float* values, int64_t* labels) const;

 private:
  DatasetPtr data_;
  std::vector<int64_t> indices_;
  int32_t side_;
  Normaliser normaliser_;
  Augmentation augment_;
};

}  // namespace fovea
