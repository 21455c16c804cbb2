#include "data/core/source_fingerprint.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "data/core/picture.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

/// What is seen of one file or folder.
struct Entry {
  std::string name;  ///< below the source
  struct stat info {};
};

/// Adds what lies below a folder, whose own name is `name`.
void add_folder(const fs::path& folder, const std::string& name, std::vector<Entry>& entries) {
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    Entry entry{.name = name + "/" + it->path().filename().string()};
    if (::stat(it->path().c_str(), &entry.info) != 0) continue;
    std::error_code ignored;
    const bool enters = S_ISDIR(entry.info.st_mode) && (name.empty() || !it->is_symlink(ignored));
    const std::string below = entry.name;
    entries.push_back(std::move(entry));
    if (enters) add_folder(it->path(), below, entries);
  }
}

void add_time(ContentHash& hash, const timespec& time) {
  hash.add_number(static_cast<uint64_t>(time.tv_sec));
  hash.add_number(static_cast<uint64_t>(time.tv_nsec));
}

void add_entry(ContentHash& hash, const Entry& entry) {
  hash.add_number(entry.name.size());
  hash.add({reinterpret_cast<const uint8_t*>(entry.name.data()), entry.name.size()});
  // Of folders the name is enough: what changes inside them is seen there.
  if (S_ISDIR(entry.info.st_mode)) return;
  hash.add_number(static_cast<uint64_t>(entry.info.st_size));
  // A file that was put in another's place may keep its time of writing: folders that were swapped,
  // a copy with times.
  hash.add_number(entry.info.st_ino);
  add_time(hash, entry.info.st_mtim);
  add_time(hash, entry.info.st_ctim);
}

}  // namespace

uint64_t source_fingerprint(const std::string& path) {
  std::vector<Entry> entries;
  Entry source;
  if (::stat(path.c_str(), &source.info) == 0) {
    entries.push_back(source);
    if (S_ISDIR(source.info.st_mode)) add_folder(path, "", entries);
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  ContentHash hash;
  hash.add_number(entries.size());
  for (const Entry& entry : entries) add_entry(hash, entry);
  return std::max<uint64_t>(hash.value(), 1);
}

}  // namespace fovea
