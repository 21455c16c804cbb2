// An archive's bytes: only clean paths come out, and no more than the limits allow.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "data/codecs/archive.h"
#include "fovea/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr fovea::ArchiveLimits kLimits = {
      .max_entries = 1000, .max_file_bytes = 1 << 18, .max_total_bytes = 1 << 20};
  uint64_t n_files = 0;
  uint64_t n_bytes = 0;
  const fovea::Result<fovea::ArchiveSummary> read = fovea::read_archive_bytes(
      {reinterpret_cast<const char*>(data), size}, "fuzz",
      [](std::string_view path) {
        FOVEA_CHECK(!path.empty() && !path.starts_with('/'));
        FOVEA_CHECK(path != ".." && !path.starts_with("../") &&
                    path.find("/../") == std::string_view::npos && !path.ends_with("/.."));
        return path.size() % 5 != 0;
      },
      [&](std::string_view, std::string_view bytes) {
        ++n_files;
        n_bytes += bytes.size();
      },
      kLimits);
  FOVEA_CHECK(n_bytes <= kLimits.max_total_bytes);
  FOVEA_CHECK(!read.ok() || read.value().n_taken == n_files);
  return 0;
}
