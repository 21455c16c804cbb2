// Packs (`*.fpack`): a data set in one file, mapped into memory: pixels, decoded once and readable
// without codecs, or (for large pictures) the encoded files as they were.
//
// Layout, all numbers little-endian:
//   64 bytes   "FOVEAPK1", zeros
//   pixels     u8  [n, height, width, 3]
//   labels     i32 [n], from the next multiple of 8
//   classes    per class: u32 length, bytes
//   names      per picture: u32 length, bytes
//   footer     u64 n, height, width, n_classes, labels at, classes at, names at, content hash,
//              source (0: not known), the magic again   (80 bytes)
// Of encoded files, instead of the pixels: the files, one behind the other, then from the next
// multiple of 8 u64 [n], where each ends counted from byte 64; height and width are 0, the magic is
// "FOVEAPK2".
// A file that lacks its footer is truncated.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "data/core/dataset.h"

namespace fovea {

/// Makes pixels of a picture's file; `source` stands in messages. decode_picture is one.
using PictureDecoder =
    std::function<Result<Picture>(std::string_view bytes, std::string_view source)>;

enum class PackForm : uint8_t { kPixels, kEncoded };

/// A pack opened for reading. Opening checks the structure and every label, not the pixels.
/// Thread-safety: may be read by many threads.
class Pack final : public Dataset {
 public:
  static constexpr std::string_view kMagic = "FOVEAPK1";
  static constexpr std::string_view kEncodedMagic = "FOVEAPK2";
  static constexpr int64_t kMaxClasses = 1 << 20;

  /// Maps a file. `decoder` serves packs of encoded files; without it their pictures are
  /// kNotInBuild. Errors (kBadInput) name the file and the place.
  static Result<std::shared_ptr<const Pack>> open(const std::string& path,
                                                  PictureDecoder decoder = {});
  /// Reads a pack that lies in memory, which must outlive the result. `source` stands in messages.
  static Result<std::shared_ptr<const Pack>> read(std::span<const std::byte> bytes,
                                                  std::string_view source,
                                                  PictureDecoder decoder = {});

  [[nodiscard]] int64_t size() const override { return n_; }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  [[nodiscard]] int32_t label(int64_t i) const override;
  [[nodiscard]] std::string file_name(int64_t i) const override;
  [[nodiscard]] Result<Picture> picture(int64_t i) const override;
  [[nodiscard]] std::optional<PictureView> view(int64_t i) const override {
    if (form_ == PackForm::kEncoded) return std::nullopt;
    return PictureView{height_, width_, pixels(i)};
  }
  [[nodiscard]] Result<std::string> encoded(int64_t i) const override;

  [[nodiscard]] PackForm form() const { return form_; }
  /// An encoded picture's file where it lies in memory; only for packs of encoded files.
  [[nodiscard]] std::string_view file_bytes(int64_t i) const;

  /// Extents of every picture; 0 for encoded files.
  [[nodiscard]] int32_t height() const { return height_; }
  [[nodiscard]] int32_t width() const { return width_; }
  /// Pixels [height, width, 3] of one picture; only for packs of pixels.
  [[nodiscard]] std::span<const uint8_t> pixels(int64_t i) const;
  /// All labels [n].
  [[nodiscard]] std::span<const int32_t> labels() const { return labels_; }
  /// As the writer computed it, over extents, classes, names, labels and pixels.
  [[nodiscard]] uint64_t content_hash() const { return content_hash_; }
  /// What the writer said of the files that the pack was made of; 0: nothing. No part of the
  /// content.
  [[nodiscard]] uint64_t source() const { return source_fingerprint_; }
  /// Reads everything and compares the content hash; an error (kBadInput) where it differs.
  [[nodiscard]] Status verify() const;
  /// Where verify() fails.
  [[nodiscard]] std::vector<DataFinding> findings() const override;

 private:
  struct Reader;
  Pack() = default;

  std::shared_ptr<const MappedFile> file_;
  PictureDecoder decoder_;
  PackForm form_ = PackForm::kPixels;
  std::vector<uint64_t> file_end_;  ///< of encoded files, within pixels_
  std::string source_;
  int64_t n_ = 0;
  int32_t height_ = 0;
  int32_t width_ = 0;
  uint64_t content_hash_ = 0;
  uint64_t source_fingerprint_ = 0;
  std::span<const uint8_t> pixels_;  ///< or the files
  std::span<const uint8_t> names_;
  std::vector<uint64_t> name_at_;
  std::vector<int32_t> labels_;
  std::vector<std::string> class_names_;
};

using PackPtr = std::shared_ptr<const Pack>;

/// Writes a pack picture by picture; nothing is left where commit() is not reached.
class PackWriter {
 public:
  /// All pictures will have this size.
  static Result<PackWriter> create(const std::string& path, Overwrite overwrite, int32_t height,
                                   int32_t width, std::vector<std::string> class_names);
  /// A pack of encoded files.
  static Result<PackWriter> create_encoded(const std::string& path, Overwrite overwrite,
                                           std::vector<std::string> class_names);
  /// Errors: kUsage for another size or a label out of range, else kCannotWrite.
  Status add(PictureView picture, int32_t label, std::string_view file_name);
  /// The same for a pack of encoded files.
  Status add_file(std::string_view bytes, int32_t label, std::string_view file_name);
  /// Stored with the pack (Pack::source).
  void made_of(uint64_t source) { source_ = source; }
  Status commit();

 private:
  PackWriter(FileWriter writer, PackForm form, int32_t height, int32_t width,
             std::vector<std::string> class_names)
      : writer_(std::move(writer)),
        form_(form),
        height_(height),
        width_(width),
        class_names_(std::move(class_names)) {}
  Status add_entry(int32_t label, std::string_view file_name);

  FileWriter writer_;
  PackForm form_;
  int32_t height_;
  int32_t width_;
  std::vector<std::string> class_names_;
  std::vector<int32_t> labels_;
  std::vector<uint64_t> file_end_;
  std::string names_;
  ContentHash pixel_hash_;
  uint64_t source_ = 0;
};

/// Writes a whole data set of equal-sized pictures. The first bad picture ends it.
Status write_pack(const std::string& path, const Dataset& data, Overwrite overwrite);

}  // namespace fovea
