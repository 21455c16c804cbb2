// PNG through libpng. Its errors leave by longjmp, so every object with a destructor lives outside
// the functions that jump.
#include <png.h>

#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/codecs/formats.h"

namespace fovea::codecs {
namespace {

constexpr size_t kRgba = 4;

struct PngReader {
  Bytes rest;
  bool truncated = false;
  std::array<char, 128> message{};
  png_structp png = nullptr;
  png_infop info = nullptr;

  PngReader() = default;
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

void keep_message(std::array<char, 128>& to, const char* text) {
  std::strncpy(to.data(), text, to.size() - 1);
}

[[noreturn]] void leave_reading(png_structp png, png_const_charp text) {
  keep_message(static_cast<PngReader*>(png_get_error_ptr(png))->message, text);
  png_longjmp(png, 1);
}

void no_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep to, size_t count) {
  auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
  if (count > reader.rest.size()) {
    reader.truncated = true;
    png_error(png, "unexpected end");
  }
  std::memcpy(to, reader.rest.data(), count);
  reader.rest = reader.rest.subspan(count);
}

uint32_t big_endian(Bytes bytes, size_t at) {
  uint32_t value = 0;
  for (size_t k = 0; k < 4; ++k) value = value << 8 | std::to_integer<uint32_t>(bytes[at + k]);
  return value;
}

/// Extents as the first chunk states them; 0 where it is not there.
struct Extents {
  bool stated = false;
  int64_t height = 0;
  int64_t width = 0;
};

Extents stated_extents(Bytes bytes) {
  constexpr size_t kHeader = 24;  // signature, length, "IHDR", width, height
  if (bytes.size() < kHeader || std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) return {};
  return {.stated = true, .height = big_endian(bytes, 20), .width = big_endian(bytes, 16)};
}

/// True where each chunk ends within the file. libpng makes room for a chunk as it is stated, and
/// its limit of that room does not hold for eXIf.
bool chunks_fit(Bytes bytes) {
  constexpr size_t kSignature = 8;
  constexpr size_t kAround = 12;  // length and type before the content, checksum behind it
  size_t at = kSignature;
  while (at + kAround <= bytes.size()) {
    const size_t length = big_endian(bytes, at);
    if (length > bytes.size() - at - kAround) return false;
    if (std::memcmp(bytes.data() + at + 4, "IEND", 4) == 0) return true;
    at += kAround + length;
  }
  return true;  // what is missing is found where it is read
}

/// Reads the header and asks for 8-bit RGBA; false where libpng left.
bool read_header(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_read_fn(reader.png, &reader, read_bytes);
  png_set_user_limits(reader.png, 0x7fffffff, 0x7fffffff);  // the pixels are limited already
  png_set_chunk_cache_max(reader.png, 1000);
  png_set_chunk_malloc_max(reader.png, 16 << 20);
  png_read_info(reader.png, reader.info);
  png_set_expand(reader.png);
  png_set_scale_16(reader.png);
  png_set_gray_to_rgb(reader.png);
  png_set_add_alpha(reader.png, 0xff, PNG_FILLER_AFTER);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

/// From RGBA to RGB over white.
void flatten(const uint8_t* src, int32_t width, uint8_t* dst) {
  for (int32_t x = 0; x < width; ++x, src += kRgba) {
    const int alpha = src[3];
    for (size_t c = 0; c < kChannels; ++c) {
      *dst++ = static_cast<uint8_t>((src[c] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
  }
}

/// RGBA lines on their way into the picture: all of them where the picture is interlaced, else one.
struct PngLines {
  bool interlaced = false;
  std::vector<uint8_t> rgba;
  std::vector<png_bytep> at;
};

/// Reads all rows and the end; false where libpng left.
bool read_rows(PngReader& reader, PngLines& lines, Picture& picture) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  if (!lines.interlaced) {
    for (int32_t y = 0; y < picture.height; ++y) {
      png_read_row(reader.png, lines.at[0], nullptr);
      flatten(lines.at[0], picture.width, picture.row(y));
    }
  } else {
    png_read_image(reader.png, lines.at.data());
    for (int32_t y = 0; y < picture.height; ++y) {
      flatten(lines.at[static_cast<size_t>(y)], picture.width, picture.row(y));
    }
  }
  png_read_end(reader.png, reader.info);
  return true;
}

ErrorInfo png_failure(const PngReader& reader, std::string_view source) {
  if (reader.truncated) return bad_picture(source, "the PNG is truncated");
  return bad_picture(source, "the PNG cannot be decoded", reader.message.data());
}

int png_orientation(const PngReader& reader) {
  png_uint_32 length = 0;
  png_bytep exif = nullptr;
  if (png_get_eXIf_1(reader.png, reader.info, &length, &exif) == 0) return 1;
  return exif_orientation({reinterpret_cast<const std::byte*>(exif), length});
}

void append_bytes(png_structp png, png_bytep from, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))
      ->append(reinterpret_cast<const char*>(from), count);
}

void no_flush(png_structp) {}

/// False where libpng left.
bool write_rows(png_structp png, png_infop info, PictureView picture, std::string& out) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_write_fn(png, &out, append_bytes, no_flush);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width),
               static_cast<png_uint_32>(picture.height), 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int32_t y = 0; y < picture.height; ++y) png_write_row(png, picture.row(y));
  png_write_end(png, info);
  return true;
}

}  // namespace

Result<Picture> decode_png(Bytes bytes, std::string_view source, const DecodeLimits& limits) {
  const Extents stated = stated_extents(bytes);
  if (stated.stated) {
    const Status extents = check_extents(source, stated.height, stated.width, limits);
    if (!extents.ok()) return extents.error();
  }
  if (!chunks_fit(bytes)) return bad_picture(source, "the PNG is truncated");
  PngReader reader;
  reader.rest = bytes;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, leave_reading, no_warning);
  if (reader.png != nullptr) reader.info = png_create_info_struct(reader.png);
  if (reader.info == nullptr) return bad_picture(source, "no memory for the PNG decoder");
  if (!read_header(reader)) return png_failure(reader, source);
  const auto height = static_cast<int32_t>(png_get_image_height(reader.png, reader.info));
  const auto width = static_cast<int32_t>(png_get_image_width(reader.png, reader.info));
  const Status extents = check_extents(source, height, width, limits);
  if (!extents.ok()) return extents.error();
  const size_t line = static_cast<size_t>(width) * kRgba;
  if (png_get_rowbytes(reader.png, reader.info) != line) {
    return bad_picture(source, "the PNG cannot be decoded", "an unknown kind of pixel");
  }
  PngLines lines;
  lines.interlaced = png_get_interlace_type(reader.png, reader.info) != PNG_INTERLACE_NONE;
  lines.at.resize(lines.interlaced ? static_cast<size_t>(height) : 1);
  lines.rgba.resize(line * lines.at.size());
  for (size_t y = 0; y < lines.at.size(); ++y) lines.at[y] = lines.rgba.data() + y * line;
  Picture picture(height, width);
  if (!read_rows(reader, lines, picture)) return png_failure(reader, source);
  return oriented(std::move(picture), png_orientation(reader));
}

}  // namespace fovea::codecs

namespace fovea {

std::string encode_png(PictureView picture) {
  FOVEA_CHECK(picture.height > 0 && picture.width > 0);
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  const bool done = info != nullptr && codecs::write_rows(png, info, picture, out);
  png_destroy_write_struct(&png, &info);
  if (!done) {
    throw Error({.kind = ErrorKind::kInternal, .what = "the picture cannot be encoded as PNG"});
  }
  return out;
}

}  // namespace fovea
