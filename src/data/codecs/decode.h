// Pictures from files' bytes, and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/core/picture.h"
#include "fovea/error.h"

namespace fovea {

/// What a picture from outside may cost; checked from its header, before memory is taken.
struct DecodeLimits {
  int64_t max_pixels = 100'000'000;
};

/// Decodes a JPEG (grey, colour, CMYK, YCCK) or PNG (grey, palette, colour, alpha over white, 8 or
/// 16 bit, interlaced) to 8-bit RGB, turned as its EXIF orientation says.
///
/// Errors (kBadInput): empty, no picture, a format that is recognised but not read (WebP, GIF, BMP,
/// TIFF, …), 0x0, truncated, damaged, above the limit. `source` stands in messages.
/// Thread-safety: may be called by many threads.
Result<Picture> decode_picture(std::span<const std::byte> bytes, std::string_view source,
                               const DecodeLimits& limits = {});
Result<Picture> decode_picture(std::string_view bytes, std::string_view source,
                               const DecodeLimits& limits = {});

/// Reads and decodes a file of at most 1 GiB.
Result<Picture> read_picture(const std::string& path, const DecodeLimits& limits = {});

/// The bytes of an 8-bit RGB PNG.
std::string encode_png(PictureView picture);

}  // namespace fovea
