// The augmentation of ImageNet's training: a part of random area and shape, resized.
#pragma once

#include <cstdint>

#include "data/core/augment.h"
#include "data/core/picture.h"

namespace fovea {

/// The part of a picture that is taken, and whether it is mirrored.
struct CropBox {
  int32_t top = 0;
  int32_t left = 0;
  int32_t height = 0;
  int32_t width = 0;
  Placement::Flip flip = Placement::Flip::kNo;
  bool operator==(const CropBox&) const = default;
};

/// A part of 8 % to 100 % of the area with an aspect of 3/4 to 4/3 (its logarithm is uniform),
/// resized to side x side (bilinear, antialiased), mirrored with p = 0.5 (specs/ranet.md 7.5). Ten
/// draws that do not fit give the largest centre part of a permitted aspect.
struct RandomResizedCrop {
  uint64_t seed = 0;
  int32_t side = 224;

  /// The draw for one sample (its index in the data set) in one epoch.
  [[nodiscard]] CropBox box(uint64_t epoch, uint64_t sample, PictureView picture) const;
  /// Writes the part to `out`, side x side.
  void apply(PictureView picture, const CropBox& box, Picture& out) const;
};

}  // namespace fovea
