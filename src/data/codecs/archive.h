// Files inside tar archives, plain or compressed by gzip, bzip2, xz or zstd.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"

namespace fovea {

/// What an archive from outside may cost.
struct ArchiveLimits {
  uint64_t max_entries = 20'000'000;
  uint64_t max_file_bytes = uint64_t{1} << 28;
  uint64_t max_total_bytes = uint64_t{1} << 33;  ///< of the files taken, unpacked
};

/// What became of the entries.
struct ArchiveSummary {
  uint64_t n_taken = 0;
  uint64_t n_passed_over = 0;        ///< not wanted
  uint64_t n_unsafe = 0;             ///< absolute, with "..", or without a readable name
  std::vector<std::string> folders;  ///< cleaned paths of the folders that are entries
};

/// Asked for every regular file by its cleaned path ("a/b.jpg"); the content is read where true.
using WantsFile = std::function<bool(std::string_view path)>;
using TakesFile = std::function<void(std::string_view path, std::string_view bytes)>;

/// Goes through an archive once. Links, devices and folders are passed over; paths that would leave
/// the archive are counted and never given out. Errors (kBadInput): not an archive, damaged,
/// truncated, above the limits.
Result<ArchiveSummary> read_archive(const std::string& path, const WantsFile& wants,
                                    const TakesFile& takes, const ArchiveLimits& limits = {});
/// The same on an archive in memory; `source` stands in messages.
Result<ArchiveSummary> read_archive_bytes(std::string_view bytes, std::string_view source,
                                          const WantsFile& wants, const TakesFile& takes,
                                          const ArchiveLimits& limits = {});

}  // namespace fovea
