// What decode_picture puts together; private to the codecs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/codecs/decode.h"

namespace fovea::codecs {

using Bytes = std::span<const std::byte>;

/// A kBadInput error of one picture.
ErrorInfo bad_picture(std::string_view source, std::string what, std::string found = {});

/// An error where the extents are 0 or above the limit.
Status check_extents(std::string_view source, int64_t height, int64_t width,
                     const DecodeLimits& limits);

Result<Picture> decode_jpeg(Bytes bytes, std::string_view source, const DecodeLimits& limits);
Result<Picture> decode_png(Bytes bytes, std::string_view source, const DecodeLimits& limits);

/// The orientation 1..8 that a TIFF structure (EXIF without its "Exif\0\0") names in its first
/// directory; 1 where there is none or the structure is damaged.
int exif_orientation(Bytes tiff);

/// The picture as it is to be seen under an EXIF orientation 1..8.
Picture oriented(Picture picture, int orientation);

}  // namespace fovea::codecs
