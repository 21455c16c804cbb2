#include <cstring>
#include <utility>

#include "data/core/pack.h"
#include "data/core/pack_format.h"

namespace fovea {

using pack_format::kHeaderBytes;
using pack_format::kMaxSide;

namespace {

void append_u32(std::string& out, uint32_t value) {
  for (int k = 0; k < 4; ++k) out += static_cast<char>(value >> (8 * k));
}

void append_u64(std::string& out, uint64_t value) {
  for (int k = 0; k < 8; ++k) out += static_cast<char>(value >> (8 * k));
}

void append_text(std::string& out, std::string_view text) {
  append_u32(out, static_cast<uint32_t>(text.size()));
  out += text;
}

std::string header_of(std::string_view magic) {
  std::string header(magic);
  header.resize(kHeaderBytes);
  return header;
}

}  // namespace

Result<PackWriter> PackWriter::create(const std::string& path, Overwrite overwrite, int32_t height,
                                      int32_t width, std::vector<std::string> class_names) {
  if (height < 1 || width < 1 || height > static_cast<int32_t>(kMaxSide) ||
      width > static_cast<int32_t>(kMaxSide)) {
    return ErrorInfo{
        .kind = ErrorKind::kUsage,
        .what = "a pack holds pictures of 1 to " + std::to_string(kMaxSide) + " pixels a side",
        .found = std::to_string(height) + "x" + std::to_string(width)};
  }
  Result<FileWriter> writer = FileWriter::create(path, overwrite);
  if (!writer.ok()) return writer.error();
  const Status written = writer.value().write(header_of(Pack::kMagic));
  if (!written.ok()) return written.error();
  return PackWriter(std::move(writer).value(), PackForm::kPixels, height, width,
                    std::move(class_names));
}

Result<PackWriter> PackWriter::create_encoded(const std::string& path, Overwrite overwrite,
                                              std::vector<std::string> class_names) {
  Result<FileWriter> writer = FileWriter::create(path, overwrite);
  if (!writer.ok()) return writer.error();
  const Status written = writer.value().write(header_of(Pack::kEncodedMagic));
  if (!written.ok()) return written.error();
  return PackWriter(std::move(writer).value(), PackForm::kEncoded, 0, 0, std::move(class_names));
}

Status PackWriter::add_entry(int32_t label, std::string_view file_name) {
  if (label < 0 || label >= static_cast<int64_t>(class_names_.size())) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "the label has no class",
                     .where = shown_path(file_name),
                     .expected = "a label below " + std::to_string(class_names_.size()),
                     .found = std::to_string(label)};
  }
  labels_.push_back(label);
  append_text(names_, file_name);
  return {};
}

Status PackWriter::add_file(std::string_view bytes, int32_t label, std::string_view file_name) {
  FOVEA_CHECK(form_ == PackForm::kEncoded);
  Status entered = add_entry(label, file_name);
  if (!entered.ok()) return entered;
  pack_format::add_file(pixel_hash_, bytes);
  file_end_.push_back((file_end_.empty() ? 0 : file_end_.back()) + bytes.size());
  return writer_.write(bytes);
}

Status PackWriter::add(PictureView picture, int32_t label, std::string_view file_name) {
  FOVEA_CHECK(form_ == PackForm::kPixels);
  if (picture.height != height_ || picture.width != width_) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "the pictures of a pack have one size",
                     .where = shown_path(file_name),
                     .expected = std::to_string(height_) + "x" + std::to_string(width_),
                     .found = std::to_string(picture.height) + "x" + std::to_string(picture.width)};
  }
  Status entered = add_entry(label, file_name);
  if (!entered.ok()) return entered;
  pixel_hash_.add(picture.pixels);
  return writer_.write(std::as_bytes(picture.pixels));
}

Status PackWriter::commit() {
  const auto n = static_cast<uint64_t>(labels_.size());
  const bool encoded = form_ == PackForm::kEncoded;
  const uint64_t pixels_end =
      kHeaderBytes +
      (encoded ? (file_end_.empty() ? 0 : file_end_.back())
               : n * static_cast<uint64_t>(height_) * static_cast<uint64_t>(width_) * kChannels);
  std::string tail((pixels_end + 7) / 8 * 8 - pixels_end, '\0');
  for (const uint64_t end : file_end_) append_u64(tail, end);
  const uint64_t labels_at = pixels_end + tail.size();
  for (const int32_t label : labels_) append_u32(tail, static_cast<uint32_t>(label));
  const uint64_t classes_at = pixels_end + tail.size();
  for (const std::string& name : class_names_) append_text(tail, name);
  const uint64_t names_at = pixels_end + tail.size();
  tail += names_;
  append_u64(tail, n);
  append_u64(tail, static_cast<uint64_t>(height_));
  append_u64(tail, static_cast<uint64_t>(width_));
  append_u64(tail, class_names_.size());
  append_u64(tail, labels_at);
  append_u64(tail, classes_at);
  append_u64(tail, names_at);
  append_u64(tail, pack_format::whole_hash(height_, width_, class_names_, labels_,
                                           pack_format::as_bytes(names_), pixel_hash_.value()));
  append_u64(tail, source_);
  tail += encoded ? Pack::kEncodedMagic : Pack::kMagic;
  const Status written = writer_.write(tail);
  return written.ok() ? writer_.commit() : written;
}

Status write_pack(const std::string& path, const Dataset& data, Overwrite overwrite) {
  if (data.size() == 0) {
    return ErrorInfo{.kind = ErrorKind::kBadInput, .what = "there are no pictures to pack"};
  }
  const Result<Picture> first = data.picture(0);
  if (!first.ok()) return first.error();
  Result<PackWriter> writer = PackWriter::create(path, overwrite, first.value().height,
                                                 first.value().width, data.class_names());
  if (!writer.ok()) return writer.error();
  for (int64_t i = 0; i < data.size(); ++i) {
    const Result<Picture> picture = data.picture(i);
    if (!picture.ok()) return picture.error();
    Status added = writer.value().add(picture.value().view(), data.label(i), data.file_name(i));
    if (!added.ok()) return added;
  }
  return writer.value().commit();
}

}  // namespace fovea
