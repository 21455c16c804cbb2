// Class folders, on disk or inside a tar: ROOT/CLASS/…/NAME.jpg is a picture of class CLASS.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/codecs/archive.h"
#include "data/codecs/decode.h"
#include "data/core/dataset.h"
#include "data/core/find.h"

namespace fovea {

/// Whether a class folder without a picture is an error or a class behind the others, and a finding
/// of the data.
enum class EmptyClasses : uint8_t { kError, kKeep };

struct FileSetOptions {
  DecodeLimits decode;
  ArchiveLimits archive;
  /// Order of the classes, e.g. those of the training split; empty: all that are found, sorted by
  /// their bytes. A class that is found but not named here is an error.
  std::vector<std::string> class_names;
  EmptyClasses empty_classes = EmptyClasses::kError;
};

/// Encoded pictures in order of class and path, decoded when asked for.
/// Thread-safety: may be read by many threads.
class FileSet final : public Dataset {
 public:
  /// One picture's file: on disk, or a stretch of the bytes that a tar held.
  struct Entry {
    std::string name;  ///< CLASS/…/NAME
    int32_t label = 0;
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };

  [[nodiscard]] int64_t size() const override { return static_cast<int64_t>(entries_.size()); }
  [[nodiscard]] const std::vector<std::string>& class_names() const override {
    return class_names_;
  }
  [[nodiscard]] int32_t label(int64_t i) const override { return entry(i).label; }
  [[nodiscard]] std::string file_name(int64_t i) const override { return entry(i).name; }
  [[nodiscard]] Result<Picture> picture(int64_t i) const override;

  /// The file itself, as it is encoded.
  [[nodiscard]] Result<std::string> encoded(int64_t i) const override;

  /// Class folders without a picture, where they are kept.
  [[nodiscard]] std::vector<DataFinding> findings() const override { return findings_; }

  /// Files that are no pictures by their names, and archive entries with unsafe paths.
  [[nodiscard]] uint64_t n_ignored() const { return n_ignored_; }
  /// The split that was found inside an archive: the one asked for, "train", or nothing.
  [[nodiscard]] const std::string& split_found() const { return split_found_; }

 private:
  friend class FileSetBuilder;
  FileSet() = default;
  [[nodiscard]] const Entry& entry(int64_t i) const { return entries_[static_cast<size_t>(i)]; }

  std::string root_;  ///< folder on disk, or the archive's path
  bool in_memory_ = false;
  std::string bytes_;  ///< content of the archive's pictures
  std::vector<Entry> entries_;
  std::vector<std::string> class_names_;
  DecodeLimits decode_;
  std::vector<DataFinding> findings_;
  uint64_t n_ignored_ = 0;
  std::string split_found_;
};

using FileSetPtr = std::shared_ptr<const FileSet>;

/// decode_picture for packs of encoded files.
PictureDecoder picture_decoder(const DecodeLimits& limits = {});

/// True for names that end like a picture, in any case: jpg, jpeg, jpe, jfif, png, and the formats
/// that are recognised but not read.
bool is_picture_name(std::string_view name);

/// Reads a folder of class folders. Errors (kBadInput): missing, no class folder with a picture.
Result<FileSetPtr> read_class_folder(const std::string& folder, const FileSetOptions& options = {});

/// Reads an archive's pictures into memory (still encoded). Where it holds folders train, val or
/// test, only those of `split` are read ("train" where `split` is empty or "val" is missing).
/// Errors (kBadInput): as read_archive; no such split; no pictures.
Result<FileSetPtr> read_class_archive(const std::string& archive, std::string_view split,
                                      const FileSetOptions& options = {});

/// What an archive gave: a FileSet, or the pictures of an official CIFAR archive.
struct ArchiveData {
  DatasetPtr data;
  std::string split_found;  ///< the split that was read; empty where the archive has none
};

/// Reads an archive of class folders or one of the official CIFAR archives ("train" where `split`
/// is empty or "val"). Errors (kBadInput): as read_class_archive and read_cifar_files.
Result<ArchiveData> read_data_archive(const std::string& archive, std::string_view split,
                                      const FileSetOptions& options = {});

/// Opens whatever find_data found, packs and CIFAR files included; "val" that is held out of the
/// training data is cut as `hold_out` says.
Result<DatasetPtr> open_data(const DataPlace& place, const HoldOutOptions& hold_out = {},
                             const FileSetOptions& options = {});

/// The same, of pictures of the split's own: an error (kBadInput) where the place stands for
/// training data or for a part that is held out of it (check_own_split).
Result<DatasetPtr> open_own_data(const DataPlace& place, std::string_view split);

/// find_data and open_data in one.
Result<DatasetPtr> open_data(std::string_view name, std::string_view split, const FindOptions& find,
                             const HoldOutOptions& hold_out = {},
                             const FileSetOptions& options = {});

}  // namespace fovea
