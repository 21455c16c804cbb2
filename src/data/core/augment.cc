#include "data/core/augment.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "base/noise.h"
#include "fovea/error.h"

namespace fovea {

namespace {

constexpr uint8_t kGrey = 128;

void grey_square(Picture& picture, int32_t centre_y, int32_t centre_x, int32_t side) {
  const int32_t top = centre_y - side / 2;
  const int32_t left = centre_x - side / 2;
  const int32_t x_begin = std::max(0, left);
  const int32_t x_end = std::min(picture.width, left + side);
  for (int32_t y = std::max(0, top); y < std::min(picture.height, top + side); ++y) {
    std::fill_n(picture.row(y) + static_cast<size_t>(x_begin) * kChannels,
                static_cast<size_t>(std::max(0, x_end - x_begin)) * kChannels, kGrey);
  }
}

}  // namespace

Placement PadCropFlip::placement(uint64_t epoch, uint64_t sample, int32_t height,
                                 int32_t width) const {
  const Noise noise = Noise(seed, "augment").fork(epoch).fork(sample);
  const auto places = static_cast<uint64_t>(pad) * 2 + 1;
  return {.top = static_cast<int32_t>(noise.below(0, places)),
          .left = static_cast<int32_t>(noise.below(1, places)),
          .flip = noise.below(2, 2) == 0 ? Placement::Flip::kNo : Placement::Flip::kYes,
          .grey_top = static_cast<int32_t>(noise.below(3, static_cast<uint64_t>(height))),
          .grey_left = static_cast<int32_t>(noise.below(4, static_cast<uint64_t>(width)))};
}

void PadCropFlip::apply(PictureView picture, const Placement& placement, Picture& out) const {
  if (out.height != picture.height || out.width != picture.width) {
    out = Picture(picture.height, picture.width);
  } else {
    std::fill(out.pixels.begin(), out.pixels.end(), uint8_t{0});
  }
  const int32_t dy = placement.top - pad;  // row y of the result is row y + dy of the original
  const int32_t dx = placement.left - pad;
  const int32_t x_begin = std::max(0, -dx);
  const int32_t x_end = std::min(picture.width, picture.width - dx);
  for (int32_t y = std::max(0, -dy); y < std::min(picture.height, picture.height - dy); ++y) {
    const uint8_t* src = picture.row(y + dy);
    uint8_t* dst = out.row(y);
    for (int32_t x = x_begin; x < x_end; ++x) {
      const int32_t to = placement.flip == Placement::Flip::kYes ? picture.width - 1 - x : x;
      for (size_t c = 0; c < kChannels; ++c) {
        dst[static_cast<size_t>(to) * kChannels + c] =
            src[static_cast<size_t>(x + dx) * kChannels + c];
      }
    }
  }
  if (cutout > 0) grey_square(out, placement.grey_top, placement.grey_left, cutout);
}

std::vector<int64_t> permutation(uint64_t seed, std::string_view name, uint64_t index, int64_t n) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  const Noise noise = Noise(seed, name).fork(index);
  for (size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[noise.below(order.size() - i, i)]);
  }
  return order;
}

std::vector<int64_t> epoch_order(uint64_t seed, uint64_t epoch, int64_t n) {
  return permutation(seed, "epoch order", epoch, n);
}

HoldOut hold_out(int64_t n, const HoldOutOptions& options) {
  const int64_t count = options.count < 0 ? n / 10 : options.count;
  if (count > n) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "cannot hold out more samples than there are",
                 .expected = "at most " + std::to_string(n),
                 .found = std::to_string(count)});
  }
  HoldOut parts;
  parts.train = permutation(options.seed, "hold out", 0, n);
  parts.val.assign(parts.train.end() - count, parts.train.end());
  parts.train.resize(static_cast<size_t>(n - count));
  return parts;
}

}  // namespace fovea
