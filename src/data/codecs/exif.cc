// EXIF orientation (Exif 2.32, 4.6.4 and TIFF 6.0, section 2), read within bounds.
#include <cstdint>
#include <utility>

#include "data/codecs/formats.h"

namespace fovea::codecs {
namespace {

/// Numbers of a TIFF structure in its own byte order; reads beyond the end give 0.
struct TiffBytes {
  Bytes bytes;
  bool little_endian;

  [[nodiscard]] uint32_t number(uint64_t at, uint64_t length) const {
    if (at > bytes.size() || bytes.size() - at < length) return 0;
    uint32_t value = 0;
    for (uint64_t k = 0; k < length; ++k) {
      const auto byte = std::to_integer<uint32_t>(bytes[at + k]);
      value |= byte << (8 * (little_endian ? k : length - 1 - k));
    }
    return value;
  }
};

}  // namespace

int exif_orientation(Bytes tiff) {
  constexpr uint32_t kOrientation = 0x0112;
  constexpr uint32_t kShort = 3;
  constexpr uint32_t kLong = 4;
  if (tiff.size() < 8) return 1;
  const bool little_endian = tiff[0] == std::byte{'I'} && tiff[1] == std::byte{'I'};
  if (!little_endian && (tiff[0] != std::byte{'M'} || tiff[1] != std::byte{'M'})) return 1;
  const TiffBytes in{tiff, little_endian};
  if (in.number(2, 2) != 42) return 1;
  const uint64_t directory = in.number(4, 4);
  const uint32_t n_entries = in.number(directory, 2);
  for (uint64_t k = 0; k < n_entries; ++k) {
    const uint64_t entry = directory + 2 + 12 * k;
    if (entry + 12 > tiff.size()) break;
    if (in.number(entry, 2) != kOrientation) continue;
    const uint32_t type = in.number(entry + 2, 2);
    if ((type != kShort && type != kLong) || in.number(entry + 4, 4) < 1) return 1;
    const uint32_t value = in.number(entry + 8, type == kShort ? 2 : 4);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

Picture oriented(Picture picture, int orientation) {
  if (orientation <= 1 || orientation > 8) return picture;
  const bool swaps_axes = orientation >= 5;
  const int32_t height = swaps_axes ? picture.width : picture.height;
  const int32_t width = swaps_axes ? picture.height : picture.width;
  Picture out(height, width);
  for (int32_t y = 0; y < height; ++y) {
    uint8_t* dst = out.row(y);
    for (int32_t x = 0; x < width; ++x) {
      int32_t from_y = swaps_axes ? x : y;
      int32_t from_x = swaps_axes ? y : x;
      // 2, 3, 7, 8 read columns from the right (7 and 8 after the axes were swapped); 3, 4, 6, 7
      // read rows from below.
      if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
        from_x = picture.width - 1 - from_x;
      }
      if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
        from_y = picture.height - 1 - from_y;
      }
      const uint8_t* src = picture.row(from_y) + static_cast<size_t>(from_x) * kChannels;
      for (size_t c = 0; c < kChannels; ++c) *dst++ = src[c];
    }
  }
  return out;
}

}  // namespace fovea::codecs
