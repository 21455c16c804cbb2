// Batches of normalised pictures out of a data set.
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

/// Some pictures of a data set as a network of crop x crop takes them, and augmented. A picture's
/// numbers depend on its index in `data`, the seed and the epoch alone, so on neither batch nor
/// thread. Thread-safety: may be used by many threads.
class Batches {
 public:
  /// Throws Error (kBadInput) where a pack's pixels have another size than the network's, although
  /// the transform does not say how to change it.
  Batches(DatasetPtr data, std::vector<int64_t> indices, const Transform& transform,
          Augmentation augment = {});

  [[nodiscard]] int64_t size() const { return static_cast<int64_t>(indices_.size()); }
  /// Floats of one picture, planar.
  [[nodiscard]] int64_t n_values() const { return static_cast<int64_t>(transform_.n_values()); }
  /// One picture: values [3, crop, crop] and its label. Throws Error (kBadInput) that names a
  /// picture that cannot be read.
  void fill_one(int64_t place, uint64_t epoch, float* values, int64_t* label) const;
  /// Fills values [count, 3, crop, crop] and labels [count]; `places` index this object's pictures.
  void fill(std::span<const int64_t> places, uint64_t epoch, float* values, int64_t* labels) const;

 private:
  DatasetPtr data_;
  std::vector<int64_t> indices_;
  Transform transform_;
  Normaliser normaliser_;
  Augmentation augment_;
};

}  // namespace fovea
