#include "encoders.h"

#include <archive.h>
#include <archive_entry.h>
#include <png.h>

#include <cstdio>
#include <cstdlib>

// jpeglib.h needs what stands before it.
// clang-format off
#include <jpeglib.h>
// clang-format on

namespace fovea {

std::string encode_jpeg(int32_t height, int32_t width, const std::vector<uint8_t>& samples,
                        const JpegOptions& options) {
  jpeg_compress_struct encoder{};
  jpeg_error_mgr errors{};
  encoder.err = jpeg_std_error(&errors);
  jpeg_create_compress(&encoder);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  jpeg_mem_dest(&encoder, &bytes, &size);
  encoder.image_height = static_cast<JDIMENSION>(height);
  encoder.image_width = static_cast<JDIMENSION>(width);
  const bool four = options.kind == JpegKind::kCmyk || options.kind == JpegKind::kYcck;
  encoder.input_components = four ? 4 : options.kind == JpegKind::kGrey ? 1 : 3;
  encoder.in_color_space = four                              ? JCS_CMYK
                           : options.kind == JpegKind::kGrey ? JCS_GRAYSCALE
                                                             : JCS_RGB;
  jpeg_set_defaults(&encoder);
  if (options.kind == JpegKind::kYcck) jpeg_set_colorspace(&encoder, JCS_YCCK);
  if (options.adobe == AdobeMarker::kLeftOut) encoder.write_Adobe_marker = FALSE;
  jpeg_set_quality(&encoder, options.quality, TRUE);
  for (int k = 0; k < encoder.num_components; ++k) {
    encoder.comp_info[k].h_samp_factor = encoder.comp_info[k].v_samp_factor = 1;
  }
  if (options.progressive) jpeg_simple_progression(&encoder);
  jpeg_start_compress(&encoder, TRUE);
  if (!options.exif.empty()) {
    jpeg_write_marker(&encoder, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(options.exif.data()),
                      static_cast<unsigned>(options.exif.size()));
  }
  const size_t line = static_cast<size_t>(width) * static_cast<size_t>(encoder.input_components);
  while (encoder.next_scanline < encoder.image_height) {
    auto* row = const_cast<JSAMPROW>(samples.data() + encoder.next_scanline * line);
    jpeg_write_scanlines(&encoder, &row, 1);
  }
  jpeg_finish_compress(&encoder);
  jpeg_destroy_compress(&encoder);
  std::string out(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return out;
}

std::string exif_segment(uint16_t orientation, bool little_endian) {
  std::string out("Exif\0\0", 6);
  const auto number = [&](uint32_t value, int length) {
    for (int k = 0; k < length; ++k) {
      out += static_cast<char>(value >> (8 * (little_endian ? k : length - 1 - k)));
    }
  };
  out += little_endian ? "II" : "MM";
  number(42, 2);
  number(8, 4);       // the first directory
  number(2, 2);       // entries
  number(0x010f, 2);  // maker, ASCII, one byte
  number(2, 2);
  number(1, 4);
  number(0, 4);
  number(0x0112, 2);  // orientation, one short
  number(3, 2);
  number(1, 4);
  number(orientation, 2);
  number(0, 2);
  number(0, 4);
  return out;
}

std::string encode_any_png(int32_t height, int32_t width, const std::vector<uint8_t>& rows,
                           const PngOptions& options) {
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &out,
      [](png_structp writer, png_bytep from, size_t count) {
        static_cast<std::string*>(png_get_io_ptr(writer))
            ->append(reinterpret_cast<const char*>(from), count);
      },
      nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
               options.bits, options.colour_type,
               options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  std::vector<png_color> palette;
  for (size_t k = 0; k + 2 < options.palette.size(); k += 3) {
    palette.push_back({options.palette[k], options.palette[k + 1], options.palette[k + 2]});
  }
  if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  if (!options.palette_alpha.empty()) {
    png_set_tRNS(png, info, options.palette_alpha.data(),
                 static_cast<int>(options.palette_alpha.size()), nullptr);
  }
  std::vector<uint8_t> exif(options.exif.begin(), options.exif.end());
  if (!exif.empty()) {
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()), exif.data());
  }
  png_write_info(png, info);
  const size_t line = png_get_rowbytes(png, info);
  std::vector<uint8_t> copy = rows;
  std::vector<png_bytep> at;
  for (size_t y = 0; y < static_cast<size_t>(height); ++y) at.push_back(copy.data() + y * line);
  png_write_image(png, at.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

std::string make_tar(const NamedBytes& files, TarFilter filter) {
  std::string out;
  struct archive* writer = archive_write_new();
  archive_write_set_format_pax_restricted(writer);
  if (filter == TarFilter::kGzip) archive_write_add_filter_gzip(writer);
  if (filter == TarFilter::kXz) archive_write_add_filter_xz(writer);
  if (filter == TarFilter::kZstd) archive_write_add_filter_zstd(writer);
  archive_write_set_bytes_in_last_block(writer, 1);
  archive_write_open(
      writer, &out, nullptr,
      [](struct archive*, void* to, const void* from, size_t count) -> la_ssize_t {
        static_cast<std::string*>(to)->append(static_cast<const char*>(from), count);
        return static_cast<la_ssize_t>(count);
      },
      nullptr);
  for (const auto& [name, content] : files) {
    struct archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_perm(entry, 0644);
    const bool is_link = content.starts_with("-> ");
    if (is_link) {
      archive_entry_set_filetype(entry, AE_IFLNK);
      archive_entry_set_symlink(entry, content.c_str() + 3);
    } else {
      archive_entry_set_filetype(entry, name.ends_with('/') ? AE_IFDIR : AE_IFREG);
      archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    }
    archive_write_header(writer, entry);
    if (!is_link) archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
  return out;
}

}  // namespace fovea
