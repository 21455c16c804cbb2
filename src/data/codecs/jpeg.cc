// JPEG through libjpeg. Its errors leave by longjmp, so every object with a destructor lives
// outside the function that jumps.
#include <csetjmp>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

// jpeglib.h needs what stands before it, jerror.h needs jpeglib.h.
// clang-format off
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include "data/codecs/formats.h"

namespace fovea::codecs {
namespace {

// A progressive picture may ask for any number of passes over all of its coefficients.
constexpr int kMaxScans = 500;
constexpr size_t kExifIntro = 6;

/// The decoder with the state that its callbacks need.
struct JpegReader {
  jpeg_error_mgr errors{};
  jpeg_source_mgr source{};
  jpeg_progress_mgr progress{};
  jpeg_decompress_struct decoder{};
  std::jmp_buf on_error{};
  int error_code = 0;
  bool truncated = false;
  bool damaged = false;
  bool too_many_scans = false;
  char message[JMSG_LENGTH_MAX] = {};

  JpegReader() = default;
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;
  ~JpegReader() { jpeg_destroy_decompress(&decoder); }
};

JpegReader& reader_of(j_common_ptr common) {
  return *static_cast<JpegReader*>(common->client_data);
}

[[noreturn]] void leave(j_common_ptr common) {
  JpegReader& reader = reader_of(common);
  reader.error_code = common->err->msg_code;
  common->err->format_message(common, reader.message);
  std::longjmp(reader.on_error, 1);
}

void take_warning(j_common_ptr common, int level) {
  if (level >= 0) return;
  const int code = common->err->msg_code;
  if (code == JWRN_JPEG_EOF) reader_of(common).truncated = true;
  // Missing or wrong entropy-coded data; what libjpeg fills in is grey.
  if (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC) {
    reader_of(common).damaged = true;
  }
}

void no_message(j_common_ptr) {}
void no_source_action(j_decompress_ptr) {}

boolean end_of_bytes(j_decompress_ptr decoder) {
  reader_of(reinterpret_cast<j_common_ptr>(decoder)).truncated = true;
  ERREXIT(decoder, JERR_INPUT_EOF);
  return FALSE;
}

void skip_bytes(j_decompress_ptr decoder, long count) {
  jpeg_source_mgr& source = *decoder->src;
  if (count <= 0) return;
  if (static_cast<size_t>(count) > source.bytes_in_buffer) {
    end_of_bytes(decoder);
    return;
  }
  source.next_input_byte += count;
  source.bytes_in_buffer -= static_cast<size_t>(count);
}

void watch_scans(j_common_ptr common) {
  JpegReader& reader = reader_of(common);
  if (reader.decoder.input_scan_number > kMaxScans) {
    reader.too_many_scans = true;
    leave(common);
  }
}

/// What outlives the jump.
struct JpegOutput {
  int32_t height = 0;
  int32_t width = 0;
  bool is_cmyk = false;
  bool is_inverted = false;  ///< Adobe's programs store 255 for "no ink"
  int orientation = 1;
  std::vector<uint8_t> cmyk;  ///< one row
  Picture picture;
};

void set_up(JpegReader& reader, Bytes bytes) {
  reader.decoder.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = leave;
  reader.errors.emit_message = take_warning;
  reader.errors.output_message = no_message;
  reader.decoder.client_data = &reader;
  reader.source.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
  reader.source.bytes_in_buffer = bytes.size();
  reader.source.init_source = no_source_action;
  reader.source.fill_input_buffer = end_of_bytes;
  reader.source.skip_input_data = skip_bytes;
  reader.source.resync_to_restart = jpeg_resync_to_restart;
  reader.source.term_source = no_source_action;
  reader.progress.progress_monitor = watch_scans;
}

int orientation_of(const jpeg_decompress_struct& decoder) {
  for (jpeg_saved_marker_ptr m = decoder.marker_list; m != nullptr; m = m->next) {
    if (m->marker != JPEG_APP0 + 1 || m->data_length < kExifIntro) continue;
    if (std::memcmp(m->data, "Exif\0\0", kExifIntro) != 0) continue;
    return exif_orientation(
        {reinterpret_cast<const std::byte*>(m->data) + kExifIntro, m->data_length - kExifIntro});
  }
  return 1;
}

/// Reads up to the extents; false where libjpeg left. No destructors in here: it is jumped out of.
bool read_header(JpegReader& reader, JpegOutput& out) {
  jpeg_decompress_struct* decoder = &reader.decoder;
  if (setjmp(reader.on_error) != 0) return false;
  jpeg_create_decompress(decoder);
  // Creation clears the struct but for the error manager and the client's pointer.
  decoder->src = &reader.source;
  decoder->progress = &reader.progress;
  jpeg_save_markers(decoder, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(decoder, TRUE);
  out.height = static_cast<int32_t>(decoder->image_height);
  out.width = static_cast<int32_t>(decoder->image_width);
  return true;
}

/// Converts one row of CMYK with 255 = no ink.
void rgb_from_cmyk(const uint8_t* src, int32_t width, bool inverted, uint8_t* dst) {
  const auto ink_free = [inverted](uint8_t v) { return inverted ? int{v} : 255 - int{v}; };
  for (int32_t x = 0; x < width; ++x, src += 4) {
    const int key = ink_free(src[3]);
    for (size_t c = 0; c < kChannels; ++c) {
      *dst++ = static_cast<uint8_t>((ink_free(src[c]) * key + 127) / 255);
    }
  }
}

/// Decodes into `out`, whose memory is ready; false where libjpeg left.
bool read_rows(JpegReader& reader, JpegOutput& out) {
  jpeg_decompress_struct* decoder = &reader.decoder;
  if (setjmp(reader.on_error) != 0) return false;
  decoder->out_color_space = out.is_cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(decoder);
  while (decoder->output_scanline < decoder->output_height) {
    uint8_t* row = out.picture.row(static_cast<int32_t>(decoder->output_scanline));
    JSAMPROW target = out.is_cmyk ? out.cmyk.data() : row;
    jpeg_read_scanlines(decoder, &target, 1);
    if (out.is_cmyk) rgb_from_cmyk(target, out.width, out.is_inverted, row);
  }
  jpeg_finish_decompress(decoder);
  return true;
}

ErrorInfo jpeg_error(const JpegReader& reader, std::string_view source) {
  if (reader.truncated) return bad_picture(source, "the JPEG is truncated");
  if (reader.too_many_scans) {
    return bad_picture(source, "the JPEG has too many passes",
                       "more than " + std::to_string(kMaxScans));
  }
  if (reader.error_code == JERR_EMPTY_IMAGE)
    return bad_picture(source, "the picture has no pixels");
  if (reader.error_code == 0) return bad_picture(source, "the JPEG is damaged");
  return bad_picture(source, "the JPEG cannot be decoded", reader.message);
}

Result<Picture> decode_with(JpegReader& reader, std::string_view source,
                            const DecodeLimits& limits) {
  JpegOutput out;
  if (!read_header(reader, out)) return jpeg_error(reader, source);
  const Status extents = check_extents(source, out.height, out.width, limits);
  if (!extents.ok()) return extents.error();
  const jpeg_decompress_struct& decoder = reader.decoder;
  out.is_cmyk = decoder.jpeg_color_space == JCS_CMYK || decoder.jpeg_color_space == JCS_YCCK;
  out.is_inverted = decoder.saw_Adobe_marker != FALSE;
  out.orientation = orientation_of(decoder);
  if (out.is_cmyk) out.cmyk.resize(static_cast<size_t>(out.width) * 4);
  out.picture = Picture(out.height, out.width);
  if (!read_rows(reader, out) || reader.truncated || reader.damaged) {
    return jpeg_error(reader, source);
  }
  return oriented(std::move(out.picture), out.orientation);
}

}  // namespace

Result<Picture> decode_jpeg(Bytes bytes, std::string_view source, const DecodeLimits& limits) {
  JpegReader reader;
  set_up(reader, bytes);
  return decode_with(reader, source, limits);
}

}  // namespace fovea::codecs
