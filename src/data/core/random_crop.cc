#include "data/core/random_crop.h"

#include <algorithm>
#include <cmath>

#include "base/noise.h"
#include "data/core/transform.h"

namespace fovea {
namespace {

constexpr double kLeastArea = 0.08;
constexpr double kLeastAspect = 3.0 / 4;
constexpr double kMostAspect = 4.0 / 3;
constexpr int kDraws = 10;

Picture part_of(PictureView picture, const CropBox& box) {
  Picture out(box.height, box.width);
  for (int32_t y = 0; y < box.height; ++y) {
    const uint8_t* src = picture.row(box.top + y) + static_cast<size_t>(box.left) * kChannels;
    std::copy_n(src, static_cast<size_t>(box.width) * kChannels, out.row(y));
  }
  return out;
}

void mirror(Picture& picture) {
  for (int32_t y = 0; y < picture.height; ++y) {
    uint8_t* row = picture.row(y);
    for (int32_t a = 0, b = picture.width - 1; a < b; ++a, --b) {
      std::swap_ranges(row + static_cast<size_t>(a) * kChannels,
                       row + static_cast<size_t>(a + 1) * kChannels,
                       row + static_cast<size_t>(b) * kChannels);
    }
  }
}

}  // namespace

CropBox RandomResizedCrop::box(uint64_t epoch, uint64_t sample, PictureView picture) const {
  NoiseCursor noise(Noise(seed, "random resized crop").fork(epoch).fork(sample));
  CropBox out;
  out.flip = noise.below(2) == 0 ? Placement::Flip::kNo : Placement::Flip::kYes;
  const double area = static_cast<double>(picture.height) * picture.width;
  for (int draw = 0; draw < kDraws; ++draw) {
    const double share = kLeastArea + (1 - kLeastArea) * noise.uniform();
    const double aspect =
        std::exp(std::log(kLeastAspect) +
                 (std::log(kMostAspect) - std::log(kLeastAspect)) * noise.uniform());
    out.width = static_cast<int32_t>(std::lround(std::sqrt(share * area * aspect)));
    out.height = static_cast<int32_t>(std::lround(std::sqrt(share * area / aspect)));
    const uint64_t top = noise.below(uint64_t{1} << 32);
    const uint64_t left = noise.below(uint64_t{1} << 32);
    if (out.width < 1 || out.height < 1 || out.width > picture.width ||
        out.height > picture.height) {
      continue;
    }
    out.top =
        static_cast<int32_t>(top * static_cast<uint64_t>(picture.height - out.height + 1) >> 32);
    out.left =
        static_cast<int32_t>(left * static_cast<uint64_t>(picture.width - out.width + 1) >> 32);
    return out;
  }
  out.height = picture.height;
  out.width = picture.width;
  if (out.width < kLeastAspect * out.height) {
    out.height = static_cast<int32_t>(std::lround(out.width / kLeastAspect));
  } else if (out.width > kMostAspect * out.height) {
    out.width = static_cast<int32_t>(std::lround(out.height * kMostAspect));
  }
  out.top = (picture.height - out.height) / 2;
  out.left = (picture.width - out.width) / 2;
  return out;
}

void RandomResizedCrop::apply(PictureView picture, const CropBox& box, Picture& out) const {
  out = resize(part_of(picture, box).view(), side, side);
  if (box.flip == Placement::Flip::kYes) mirror(out);
}

}  // namespace fovea
