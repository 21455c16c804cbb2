// Reading whole files within bounds; writing beside and renaming, so that no partial file is left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/overwrite.h"

namespace fovea {

/// A path as a message shows it: bytes that are no printable UTF-8 are escaped as \xNN.
std::string shown_path(std::string_view path);

/// The bytes of a regular file of at most `max_bytes`. Errors name the file: missing, a folder,
/// unreadable, too large (kBadInput).
Result<std::string> read_file(const std::string& path, uint64_t max_bytes = uint64_t{1} << 40);

/// A regular file mapped read-only into memory for as long as the object lives.
class MappedFile {
 public:
  static Result<std::shared_ptr<const MappedFile>> open(const std::string& path);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

 private:
  MappedFile(const std::byte* data, size_t size) : data_(data), size_(size) {}
  const std::byte* data_;
  size_t size_;
};

/// Writes a file beside its place, flushes it, and renames it; on any error (full disk included)
/// the old file stays and nothing new is left. Errors are kCannotWrite.
class FileWriter {
 public:
  static Result<FileWriter> create(const std::string& path, Overwrite overwrite);
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&&) = delete;
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter();  ///< removes what was written where commit() was not reached
  Status write(std::string_view bytes);
  Status write(std::span<const std::byte> bytes);
  Status commit();

 private:
  FileWriter(std::string path, std::string beside, int descriptor);
  std::string path_, beside_;
  int descriptor_;
};

/// Writes all bytes at once through a FileWriter.
Status write_file(const std::string& path, std::string_view bytes, Overwrite overwrite);

/// Refuses early (kCannotWrite) a path whose folder is missing or that exists under kRefuse.
Status check_writable(const std::string& path, Overwrite overwrite);

/// Removes files that a FileWriter has open; called from signal handling, async-signal-safe.
void remove_unfinished_files() noexcept;

}  // namespace fovea
