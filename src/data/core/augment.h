// Training augmentation and order, as functions of seed, epoch and sample alone: results do not
// depend on order, batch or threads, and a resumed run goes on exactly.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/core/picture.h"

namespace fovea {

/// Where one training picture is cut, and whether it is mirrored.
struct Placement {
  enum class Flip : uint8_t { kNo, kYes };
  int32_t top = 0;   ///< in the padded picture, 0..2·pad
  int32_t left = 0;  ///< in the padded picture, 0..2·pad
  Flip flip = Flip::kNo;
  int32_t grey_top = 0;   ///< centre of the grey square in the result; it may reach beyond the edge
  int32_t grey_left = 0;  ///< its centre's column
  bool operator==(const Placement&) const = default;
};

/// Zero padding of 8-bit pixels, random crop of the original size, horizontal flip with p = 0.5
/// (specs/ranet.md 7.5: padded pixels are black before normalisation). Then, where `cutout` is
/// above 0, a square of that side becomes grey (DeVries and Taylor 2017, there the mean instead of
/// grey).
struct PadCropFlip {
  uint64_t seed = 0;
  int32_t pad = 4;
  int32_t cutout = 0;

  /// The draw for one sample (its index in the data set) of height x width pixels in one epoch.
  [[nodiscard]] Placement placement(uint64_t epoch, uint64_t sample, int32_t height,
                                    int32_t width) const;
  /// Writes the augmented picture to `out`, which takes the size of `picture`.
  void apply(PictureView picture, const Placement& placement, Picture& out) const;
};

/// A permutation of 0..n-1 (Fisher-Yates on the stream `name` of `seed`, forked by `index`).
std::vector<int64_t> permutation(uint64_t seed, std::string_view name, uint64_t index, int64_t n);

/// The order in which an epoch visits `n` samples.
std::vector<int64_t> epoch_order(uint64_t seed, uint64_t epoch, int64_t n);

/// Training indices and held-out indices, each in the order of the permutation.
struct HoldOut {
  std::vector<int64_t> train;
  std::vector<int64_t> val;
};

/// How many samples are held out, and which permutation says so.
struct HoldOutOptions {
  uint64_t seed = 0;
  int64_t count = -1;  ///< -1: a tenth, rounded down
};

/// A seeded permutation of 0..n-1 whose last `count` entries are held out (specs/ranet.md 7.6).
/// Throws Error (kUsage) where count is above n.
HoldOut hold_out(int64_t n, const HoldOutOptions& options);

}  // namespace fovea
