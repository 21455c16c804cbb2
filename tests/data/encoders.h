// Pictures and archives made for the tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/core/picture.h"

namespace fovea {

enum class JpegKind : uint8_t { kGrey, kColour, kCmyk, kYcck };
enum class AdobeMarker : uint8_t { kAsUsual, kLeftOut };

struct JpegOptions {
  JpegKind kind = JpegKind::kColour;
  AdobeMarker adobe = AdobeMarker::kAsUsual;
  int quality = 98;
  bool progressive = false;
  std::string exif;  ///< content of an APP1 segment, "Exif\0\0" included
};

/// A JPEG of `samples` [height, width, 1, 3 or 4 by kind] without chroma subsampling.
std::string encode_jpeg(int32_t height, int32_t width, const std::vector<uint8_t>& samples,
                        const JpegOptions& options = {});

/// An EXIF segment with one orientation entry.
std::string exif_segment(uint16_t orientation, bool little_endian);

struct PngOptions {
  int colour_type = 2;  ///< libpng's numbers: 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA
  int bits = 8;
  bool interlaced = false;
  std::vector<uint8_t> palette;        ///< RGB triples
  std::vector<uint8_t> palette_alpha;  ///< tRNS of the palette
  std::string exif;                    ///< TIFF structure
};

/// A PNG of packed `rows` [height, bytes per row].
std::string encode_any_png(int32_t height, int32_t width, const std::vector<uint8_t>& rows,
                           const PngOptions& options = {});

enum class TarFilter : uint8_t { kNone, kGzip, kXz, kZstd };
using NamedBytes = std::vector<std::pair<std::string, std::string>>;
/// A tar of regular files; a name that ends in '/' is a folder, content "-> X" makes a link to X.
std::string make_tar(const NamedBytes& files, TarFilter filter = TarFilter::kNone);

}  // namespace fovea
