#include "data/codecs/archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/words.h"

namespace fovea {
namespace {

struct FreeArchive {
  void operator()(struct archive* reader) const { archive_read_free(reader); }
};
using ArchivePtr = std::unique_ptr<struct archive, FreeArchive>;

ErrorInfo bad_archive(std::string_view source, std::string what, std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = std::string(source),
          .found = std::move(found)};
}

ErrorInfo damaged(std::string_view source, struct archive* reader) {
  const char* message = archive_error_string(reader);
  return bad_archive(source, "the archive is damaged or truncated",
                     message == nullptr ? "" : message);
}

/// "./a//b.jpg" as "a/b.jpg"; nothing for paths that are absolute, lead upwards or are empty.
std::optional<std::string> clean_path(std::string_view path) {
  if (path.starts_with('/')) return std::nullopt;
  std::string clean;
  for (const std::string_view part : split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    if (!clean.empty()) clean += '/';
    clean += part;
  }
  if (clean.empty()) return std::nullopt;
  return clean;
}

std::optional<std::string> entry_path(struct archive_entry* entry) {
  const char* path = archive_entry_pathname(entry);
  if (path == nullptr) path = archive_entry_pathname_utf8(entry);
  if (path == nullptr) return std::nullopt;
  return clean_path(path);
}

class ArchiveWalk {
 public:
  ArchiveWalk(std::string_view source, const ArchiveLimits& limits)
      : source_(source), limits_(limits), reader_(archive_read_new()) {}

  Status open(std::string_view bytes) {
    struct archive* reader = reader_.get();
    if (reader == nullptr) return bad_archive(source_, "no memory for the archive reader");
    archive_read_support_format_tar(reader);
    archive_read_support_filter_gzip(reader);
    archive_read_support_filter_bzip2(reader);
    archive_read_support_filter_xz(reader);
    archive_read_support_filter_zstd(reader);
    if (archive_read_open_memory(reader, bytes.data(), bytes.size()) != ARCHIVE_OK) {
      return not_an_archive();
    }
    return {};
  }

  Result<ArchiveSummary> walk(const WantsFile& wants, const TakesFile& takes) {
    ArchiveSummary summary;
    uint64_t total = 0;
    for (uint64_t n = 0;; ++n) {
      struct archive_entry* entry = nullptr;
      const int status = archive_read_next_header(reader_.get(), &entry);
      if (status == ARCHIVE_EOF) return summary;
      if (status == ARCHIVE_RETRY || status == ARCHIVE_FAILED || status == ARCHIVE_FATAL) {
        if (n == 0) return not_an_archive();
        return damaged(source_, reader_.get());
      }
      if (n >= limits_.max_entries) {
        return bad_archive(source_, "the archive has too many entries",
                           "more than " + std::to_string(limits_.max_entries));
      }
      const bool is_file =
          archive_entry_filetype(entry) == AE_IFREG && archive_entry_hardlink(entry) == nullptr;
      const auto path = entry_path(entry);
      if (!path) {
        ++summary.n_unsafe;
      } else if (archive_entry_filetype(entry) == AE_IFDIR) {
        ++summary.n_passed_over;
        summary.folders.push_back(*path);
      } else if (!is_file || !wants(*path)) {
        ++summary.n_passed_over;
      } else {
        const Status read = read_content(*path, total);
        if (!read.ok()) return read.error();
        takes(*path, content_);
        ++summary.n_taken;
      }
    }
  }

 private:
  [[nodiscard]] ErrorInfo not_an_archive() const {
    ErrorInfo error = damaged(source_, reader_.get());
    error.what = "not a tar archive, or damaged";
    return error;
  }

  /// Reads the entry's bytes into content_; total counts those of all entries.
  Status read_content(const std::string& path, uint64_t& total) {
    constexpr size_t kStep = size_t{1} << 18;
    content_.clear();
    while (true) {
      const size_t before = content_.size();
      content_.resize(before + kStep);
      const la_ssize_t got = archive_read_data(reader_.get(), content_.data() + before, kStep);
      content_.resize(before + (got > 0 ? static_cast<size_t>(got) : 0));
      if (got == 0) return {};
      if (got < 0) return damaged(source_, reader_.get());
      total += static_cast<uint64_t>(got);
      if (content_.size() > limits_.max_file_bytes) {
        return bad_archive(source_, "a file in the archive is too large", shown_path(path));
      }
      if (total > limits_.max_total_bytes) {
        return bad_archive(source_, "the archive's pictures are too large to be held in memory",
                           "more than " + std::to_string(limits_.max_total_bytes) + " bytes");
      }
    }
  }

  std::string source_;
  ArchiveLimits limits_;
  ArchivePtr reader_;
  std::string content_;
};

}  // namespace

Result<ArchiveSummary> read_archive_bytes(std::string_view bytes, std::string_view source,
                                          const WantsFile& wants, const TakesFile& takes,
                                          const ArchiveLimits& limits) {
  if (bytes.empty()) return bad_archive(source, "the file is empty");
  ArchiveWalk walk(source, limits);
  const Status opened = walk.open(bytes);
  if (!opened.ok()) return opened.error();
  return walk.walk(wants, takes);
}

Result<ArchiveSummary> read_archive(const std::string& path, const WantsFile& wants,
                                    const TakesFile& takes, const ArchiveLimits& limits) {
  const Result<std::shared_ptr<const MappedFile>> file = MappedFile::open(path);
  if (!file.ok()) return file.error();
  const std::span<const std::byte> bytes = file.value()->bytes();
  return read_archive_bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                            shown_path(path), wants, takes, limits);
}

}  // namespace fovea
