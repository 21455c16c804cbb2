#include "data/core/pack.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "data/core/pack_format.h"

namespace fovea {

using pack_format::kFooterBytes;
using pack_format::kHeaderBytes;
using pack_format::kMaxSamples;
using pack_format::kMaxSide;

namespace {

uint64_t load(std::span<const uint8_t> bytes, size_t at, size_t length) {
  uint64_t value = 0;
  for (size_t k = 0; k < length; ++k) value |= uint64_t{bytes[at + k]} << (8 * k);
  return value;
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

  /// Bytes of n files by the table before the labels; too much where there is no such table.
  [[nodiscard]] uint64_t files_bytes(uint64_t n, uint64_t labels_at, uint64_t footer) const {
    if (n == 0) return 0;
    if (labels_at > footer || labels_at < kHeaderBytes || (labels_at - kHeaderBytes) / 8 < n) {
      return footer + 1;
    }
    return load(bytes, labels_at - 8, 8);
  }

  [[nodiscard]] Status fill(Pack& pack) const {
    const auto magic_at = [&](size_t at, std::string_view magic) {
      return bytes.size() >= at + magic.size() &&
             std::memcmp(bytes.data() + at, magic.data(), magic.size()) == 0;
    };
    const bool encoded = magic_at(0, Pack::kEncodedMagic);
    const std::string_view magic = encoded ? Pack::kEncodedMagic : Pack::kMagic;
    if (!magic_at(0, magic)) return bad("not a pack of pictures");
    if (bytes.size() < kHeaderBytes + kFooterBytes ||
        !magic_at(bytes.size() - magic.size(), magic)) {
      return bad("the pack is truncated", {}, std::to_string(bytes.size()) + " bytes");
    }
    const size_t footer = bytes.size() - kFooterBytes;
    std::array<uint64_t, 9> field{};
    for (size_t k = 0; k < field.size(); ++k) field[k] = load(bytes, footer + 8 * k, 8);
    const auto [n, height, width, n_classes, labels_at, classes_at, names_begin, hash,
                source_hash] = field;
    const uint64_t names_at = names_begin;  // a lambda cannot take a structured binding
    const bool has_side = height != 0 && height <= kMaxSide && width != 0 && width <= kMaxSide;
    if (n > kMaxSamples || (encoded ? height != 0 || width != 0 : !has_side) ||
        n_classes > static_cast<uint64_t>(kMaxClasses)) {
      return bad("the pack's extents are out of range", {},
                 std::to_string(n) + " pictures of " + std::to_string(height) + "x" +
                     std::to_string(width) + ", " + std::to_string(n_classes) + " classes");
    }
    const uint64_t picture_bytes = encoded ? 8 : height * width * kChannels;
    if (n != 0 && (footer - kHeaderBytes) / n < picture_bytes) {
      return bad("the pack is shorter than its pictures");
    }
    // Before the labels: the pixels, or the files and where each of them ends.
    const uint64_t table_bytes = encoded ? 8 * n : 0;
    const uint64_t content_bytes = encoded ? files_bytes(n, labels_at, footer) : n * picture_bytes;
    const uint64_t pixels_end = kHeaderBytes + content_bytes;
    if (content_bytes > footer || labels_at < pixels_end + table_bytes ||
        labels_at - pixels_end - table_bytes >= 8 || labels_at > footer ||
        (footer - labels_at) / 4 < n || classes_at != labels_at + 4 * n || names_at < classes_at ||
        names_at > footer) {
      return bad("the pack's parts do not follow each other");
    }
    pack.n_ = static_cast<int64_t>(n);
    pack.height_ = static_cast<int32_t>(height);
    pack.width_ = static_cast<int32_t>(width);
    pack.content_hash_ = hash;
    pack.source_fingerprint_ = source_hash;
    pack.pixels_ = bytes.subspan(kHeaderBytes, content_bytes);
    if (encoded) {
      uint64_t before = 0;
      for (size_t i = 0; i < n; ++i) {
        const uint64_t end = load(bytes, labels_at - table_bytes + 8 * i, 8);
        if (end < before || end > content_bytes) {
          return bad("the files of the pack do not follow each other", {},
                     "picture " + std::to_string(i));
        }
        pack.file_end_.push_back(before = end);
      }
      pack.form_ = PackForm::kEncoded;
    }
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

Result<std::shared_ptr<const Pack>> Pack::open(const std::string& path, PictureDecoder decoder) {
  Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  std::shared_ptr<Pack> pack(new Pack);
  pack->file_ = std::move(file).value();
  pack->decoder_ = std::move(decoder);
  const std::span<const std::byte> bytes = pack->file_->bytes();
  pack->source_ = shown_path(path);
  const Reader reader{{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                      pack->source_};
  const Status read = reader.fill(*pack);
  if (!read.ok()) return read.error();
  return std::shared_ptr<const Pack>(std::move(pack));
}

Result<std::shared_ptr<const Pack>> Pack::read(std::span<const std::byte> bytes,
                                               std::string_view source, PictureDecoder decoder) {
  std::shared_ptr<Pack> pack(new Pack);
  pack->decoder_ = std::move(decoder);
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

std::string_view Pack::file_bytes(int64_t i) const {
  FOVEA_CHECK(form_ == PackForm::kEncoded);
  const auto place = static_cast<size_t>(i);
  const uint64_t begin = place == 0 ? 0 : file_end_[place - 1];
  return {reinterpret_cast<const char*>(pixels_.data()) + begin, file_end_[place] - begin};
}

Result<std::string> Pack::encoded(int64_t i) const {
  if (form_ == PackForm::kPixels) return Dataset::encoded(i);
  return std::string(file_bytes(i));
}

Result<Picture> Pack::picture(int64_t i) const {
  if (form_ == PackForm::kEncoded) {
    const std::string where = source_ + ": " + shown_path(file_name(i));
    if (decoder_) return decoder_(file_bytes(i), where);
    return ErrorInfo{.kind = ErrorKind::kNotInBuild,
                     .what = "the pack holds encoded pictures",
                     .where = where,
                     .expected = "a pack of pixels",
                     .hint = "build with FOVEA_CODECS, or pack without --encoded"};
  }
  Picture picture;
  picture.height = height_;
  picture.width = width_;
  const std::span<const uint8_t> src = pixels(i);
  picture.pixels.assign(src.begin(), src.end());
  return picture;
}

std::vector<DataFinding> Pack::findings() const {
  const Status sound = verify();
  if (sound.ok()) return {};
  return {{.text = sound.error().message()}};
}

Status Pack::verify() const {
  ContentHash hash;
  if (form_ == PackForm::kPixels) {
    hash.add(pixels_);
  } else {
    for (int64_t i = 0; i < n_; ++i) pack_format::add_file(hash, file_bytes(i));
  }
  const uint64_t found =
      pack_format::whole_hash(height_, width_, class_names_, labels_, names_, hash.value());
  if (found == content_hash_) return {};
  return ErrorInfo{.kind = ErrorKind::kBadInput,
                   .what = "the pack's content does not match its hash",
                   .where = source_};
}

}  // namespace fovea
