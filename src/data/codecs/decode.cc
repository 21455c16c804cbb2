#include "data/codecs/decode.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/file.h"
#include "data/codecs/formats.h"

namespace fovea {
namespace codecs {
namespace {

/// How a format begins; '?' stands for any byte.
struct Signature {
  std::string_view bytes;
  std::string_view name;
};

using namespace std::string_view_literals;
constexpr std::array kOtherFormats = {
    Signature{"RIFF????WEBP"sv, "WebP"},
    Signature{"GIF87a"sv, "GIF"},
    Signature{"GIF89a"sv, "GIF"},
    Signature{"BM????\0\0\0\0"sv, "BMP"},
    Signature{"II*\0"sv, "TIFF"},
    Signature{"MM\0*"sv, "TIFF"},
    Signature{"II+\0"sv, "TIFF"},
    Signature{"MM\0+"sv, "TIFF"},
    Signature{"\0\0\0\fjP  "sv, "JPEG 2000"},
    Signature{"\0\0\0\fJXL "sv, "JPEG XL"},
    Signature{"\xff\x0a"sv, "JPEG XL"},
    Signature{"????ftypavif"sv, "AVIF"},
    Signature{"????ftyphei"sv, "HEIC"},
    Signature{"????ftypmif1"sv, "HEIC"},
};

bool begins(Bytes bytes, std::string_view signature) {
  if (bytes.size() < signature.size()) return false;
  for (size_t i = 0; i < signature.size(); ++i) {
    if (signature[i] != '?' && static_cast<char>(bytes[i]) != signature[i]) return false;
  }
  return true;
}

}  // namespace

ErrorInfo bad_picture(std::string_view source, std::string what, std::string found) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .found = std::move(found)};
}

Status check_extents(std::string_view source, int64_t height, int64_t width,
                     const DecodeLimits& limits) {
  if (height <= 0 || width <= 0) {
    return bad_picture(source, "the picture has no pixels",
                       std::to_string(width) + "x" + std::to_string(height));
  }
  if (height > limits.max_pixels / width) {
    ErrorInfo error = bad_picture(source, "the picture has too many pixels",
                                  std::to_string(width) + "x" + std::to_string(height));
    error.expected = "at most " + std::to_string(limits.max_pixels) + " pixels";
    error.hint = "raise the limit with --max-pixels";
    return error;
  }
  return {};
}

}  // namespace codecs

Result<Picture> decode_picture(std::span<const std::byte> bytes, std::string_view source,
                               const DecodeLimits& limits) {
  using namespace codecs;
  if (bytes.empty()) return bad_picture(source, "the file is empty");
  // A file that ends within the signature is a truncated picture, not something else.
  constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
  constexpr std::string_view kJpeg = "\xff\xd8\xff";
  if (begins(bytes, kPng.substr(0, std::clamp<size_t>(bytes.size(), 4, kPng.size())))) {
    return decode_png(bytes, source, limits);
  }
  if (begins(bytes, kJpeg.substr(0, std::clamp<size_t>(bytes.size(), 2, kJpeg.size())))) {
    return decode_jpeg(bytes, source, limits);
  }
  for (const Signature& other : kOtherFormats) {
    if (!begins(bytes, other.bytes)) continue;
    ErrorInfo error =
        bad_picture(source, "pictures in this format are not supported", std::string(other.name));
    error.expected = "JPEG or PNG";
    error.hint = "convert it to PNG first";
    return error;
  }
  ErrorInfo error = bad_picture(source, "not a picture");
  error.expected = "JPEG or PNG";
  return error;
}

Result<Picture> decode_picture(std::string_view bytes, std::string_view source,
                               const DecodeLimits& limits) {
  return decode_picture(std::as_bytes(std::span(bytes.data(), bytes.size())), source, limits);
}

Result<Picture> read_picture(const std::string& path, const DecodeLimits& limits) {
  const Result<std::string> bytes = read_file(path, uint64_t{1} << 30);
  if (!bytes.ok()) return bytes.error();
  return decode_picture(bytes.value(), shown_path(path), limits);
}

}  // namespace fovea
