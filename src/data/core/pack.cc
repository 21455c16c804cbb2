#include "data/core/pack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace fovea {
namespace {

constexpr size_t kHeaderBytes = 64;
constexpr size_t kFooterBytes = 80;
// Bounds that keep every product below within 64 bits.
constexpr uint64_t kMaxSide = 1 << 20;
constexpr uint64_t kMaxSamples = uint64_t{1} << 32;

void append_u32(std::string& out, uint32_t value) {
  for (int k = 0; k < 4; ++k) out += static_cast<char>(value >> (8 * k));
}

void append_u64(std::string& out, uint64_t value) {
  for (int k = 0; k < 8; ++k) out += static_cast<char>(value >> (8 * k));
}

uint64_t load(std::span<const uint8_t> bytes, size_t at, size_t length) {
  uint64_t value = 0;
  for (size_t k = 0; k < length; ++k) value |= uint64_t{bytes[at + k]} << (8 * k);
  return value;
}

std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

void append_text(std::string& out, std::string_view text) {
  append_u32(out, static_cast<uint32_t>(text.size()));
  out += text;
}

/// Everything but the pixels, whose hash comes in.
uint64_t whole_hash(int32_t height, int32_t width, std::span<const std::string> classes,
                    std::span<const int32_t> labels, std::span<const uint8_t> names,
                    uint64_t pixel_hash) {
  ContentHash hash;
  hash.add_number(static_cast<uint64_t>(height));
  hash.add_number(static_cast<uint64_t>(width));
  for (const std::string& name : classes) {
    hash.add_number(name.size());
    hash.add(as_bytes(name));
  }
  hash.add_number(labels.size());
  for (const int32_t label : labels) hash.add_number(static_cast<uint64_t>(label));
  hash.add(names);
  hash.add_number(pixel_hash);
  return hash.value();
}

}  // namespace

/// Reads one pack; every place is checked against the file before it is touched.
struct Pack::Reader {
  std::span<const uint8_t> bytes;
  std::string source;

  [[nodiscard]] ErrorInfo bad(std::string what, std::string expected = {},
                              std::string found = {}) const {
    return {.kind = ErrorKind::kBadInput,
            .what = std::move(what),
            .where = source,
            .expected = std::move(expected),
            .found = std::move(found)};
  }

  /// A run of `count` texts (u32 length, bytes) that ends exactly at `end`; `each` takes the place.
  template <typename Each>
  [[nodiscard]] bool texts(uint64_t begin, uint64_t end, uint64_t count, Each each) const {
    uint64_t at = begin;
    for (uint64_t i = 0; i < count; ++i) {
      if (end - at < 4) return false;
      const uint64_t length = load(bytes, at, 4);
      if (end - at - 4 < length) return false;
      each(at, length);
      at += 4 + length;
    }
    return at == end;
  }

  [[nodiscard]] Status fill(Pack& pack) const {
    const std::string_view magic = Pack::kMagic;
    const auto magic_at = [&](size_t at) {
      return std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
    };
    if (bytes.size() < magic.size() || !magic_at(0)) return bad("not a pack of pictures");
    if (bytes.size() < kHeaderBytes + kFooterBytes || !magic_at(bytes.size() - magic.size())) {
      return bad("the pack is truncated", {}, std::to_string(bytes.size()) + " bytes");
    }
    const size_t footer = bytes.size() - kFooterBytes;
    std::array<uint64_t, 8> field{};
    for (size_t k = 0; k < field.size(); ++k) field[k] = load(bytes, footer + 8 * k, 8);
    const auto [n, height, width, n_classes, labels_at, classes_at, names_begin, hash] = field;
    const uint64_t names_at = names_begin;  // a lambda cannot take a structured binding
    if (n > kMaxSamples || height == 0 || height > kMaxSide || width == 0 || width > kMaxSide ||
        n_classes > static_cast<uint64_t>(kMaxClasses)) {
      return bad("the pack's extents are out of range", {},
                 std::to_string(n) + " pictures of " + std::to_string(height) + "x" +
                     std::to_string(width) + ", " + std::to_string(n_classes) + " classes");
    }
    const uint64_t picture_bytes = height * width * kChannels;
    if (n != 0 && (footer - kHeaderBytes) / n < picture_bytes) {
      return bad("the pack is shorter than its pictures");
    }
    const uint64_t pixels_end = kHeaderBytes + n * picture_bytes;
    if (labels_at < pixels_end || labels_at - pixels_end >= 8 || labels_at > footer ||
        (footer - labels_at) / 4 < n || classes_at != labels_at + 4 * n || names_at < classes_at ||
        names_at > footer) {
      return bad("the pack's parts do not follow each other");
    }
    pack.n_ = static_cast<int64_t>(n);
    pack.height_ = static_cast<int32_t>(height);
    pack.width_ = static_cast<int32_t>(width);
    pack.content_hash_ = hash;
    pack.pixels_ = bytes.subspan(kHeaderBytes, n * picture_bytes);
    pack.labels_.resize(n);
    for (size_t i = 0; i < n; ++i) {
      const uint64_t label = load(bytes, labels_at + 4 * i, 4);
      if (label >= n_classes) {
        return bad("a label in the pack has no class", "below " + std::to_string(n_classes),
                   std::to_string(label) + " at picture " + std::to_string(i));
      }
      pack.labels_[i] = static_cast<int32_t>(label);
    }
    const auto text = [&](uint64_t at, uint64_t length) {
      return std::string(reinterpret_cast<const char*>(bytes.data() + at + 4), length);
    };
    if (!texts(classes_at, names_at, n_classes, [&](uint64_t at, uint64_t length) {
          pack.class_names_.push_back(text(at, length));
        })) {
      return bad("the pack's class names are damaged");
    }
    pack.names_ = bytes.subspan(names_at, footer - names_at);
    pack.name_at_.reserve(n);
    if (!texts(names_at, footer, n,
               [&](uint64_t at, uint64_t) { pack.name_at_.push_back(at - names_at); })) {
      return bad("the pack's file names are damaged");
    }
    return {};
  }
};

Result<std::shared_ptr<const Pack>> Pack::open(const std::string& path) {
  Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  std::shared_ptr<Pack> pack(new Pack);
  pack->file_ = std::move(file).value();
  const std::span<const std::byte> bytes = pack->file_->bytes();
  pack->source_ = shown_path(path);
  const Reader reader{{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                      pack->source_};
  const Status read = reader.fill(*pack);
  if (!read.ok()) return read.error();
  return std::shared_ptr<const Pack>(std::move(pack));
}

Result<std::shared_ptr<const Pack>> Pack::read(std::span<const std::byte> bytes,
                                               std::string_view source) {
  std::shared_ptr<Pack> pack(new Pack);
  pack->source_ = source;
  const Reader reader{{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                      pack->source_};
  const Status read = reader.fill(*pack);
  if (!read.ok()) return read.error();
  return std::shared_ptr<const Pack>(std::move(pack));
}

int32_t Pack::label(int64_t i) const { return labels_[static_cast<size_t>(i)]; }

std::string Pack::file_name(int64_t i) const {
  const uint64_t at = name_at_[static_cast<size_t>(i)];
  return {reinterpret_cast<const char*>(names_.data() + at + 4), load(names_, at, 4)};
}

std::span<const uint8_t> Pack::pixels(int64_t i) const {
  const size_t bytes = static_cast<size_t>(height_) * static_cast<size_t>(width_) * kChannels;
  return pixels_.subspan(static_cast<size_t>(i) * bytes, bytes);
}

Result<Picture> Pack::picture(int64_t i) const {
  Picture picture;
  picture.height = height_;
  picture.width = width_;
  const std::span<const uint8_t> src = pixels(i);
  picture.pixels.assign(src.begin(), src.end());
  return picture;
}

Status Pack::verify() const {
  ContentHash hash;
  hash.add(pixels_);
  const uint64_t found = whole_hash(height_, width_, class_names_, labels_, names_, hash.value());
  if (found == content_hash_) return {};
  return ErrorInfo{.kind = ErrorKind::kBadInput,
                   .what = "the pack's content does not match its hash",
                   .where = source_};
}

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
  std::string header(Pack::kMagic);
  header.resize(kHeaderBytes);
  const Status written = writer.value().write(header);
  if (!written.ok()) return written.error();
  return PackWriter(std::move(writer).value(), height, width, std::move(class_names));
}

Status PackWriter::add(PictureView picture, int32_t label, std::string_view file_name) {
  if (picture.height != height_ || picture.width != width_) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "the pictures of a pack have one size",
                     .where = shown_path(file_name),
                     .expected = std::to_string(height_) + "x" + std::to_string(width_),
                     .found = std::to_string(picture.height) + "x" + std::to_string(picture.width)};
  }
  if (label < 0 || label >= static_cast<int64_t>(class_names_.size())) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "the label has no class",
                     .where = shown_path(file_name),
                     .expected = "a label below " + std::to_string(class_names_.size()),
                     .found = std::to_string(label)};
  }
  pixel_hash_.add(picture.pixels);
  labels_.push_back(label);
  append_text(names_, file_name);
  return writer_.write(std::as_bytes(picture.pixels));
}

Status PackWriter::commit() {
  const auto n = static_cast<uint64_t>(labels_.size());
  const uint64_t pixels_end =
      kHeaderBytes + n * static_cast<uint64_t>(height_) * static_cast<uint64_t>(width_) * kChannels;
  const uint64_t labels_at = (pixels_end + 7) / 8 * 8;
  std::string tail(labels_at - pixels_end, '\0');
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
  append_u64(tail, whole_hash(height_, width_, class_names_, labels_, as_bytes(names_),
                              pixel_hash_.value()));
  append_u64(tail, 0);
  tail += Pack::kMagic;
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
