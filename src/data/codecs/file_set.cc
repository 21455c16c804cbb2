#include "data/codecs/file_set.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/words.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kSplitNames = {"train", "val", "valid", "validation",
                                                         "test"};

ErrorInfo bad_data(std::string_view source, std::string what, std::string expected = {},
                   std::string found = {}) {
  return {.kind = ErrorKind::kBadInput,
          .what = std::move(what),
          .where = shown_path(source),
          .expected = std::move(expected),
          .found = std::move(found)};
}

constexpr std::string_view kExpectedLayout = "CLASS/NAME.jpg or CLASS/NAME.png inside";

/// A path as its parts, and which of them is the name of a split: the first that has a class and a
/// file below it (a class may be called "train", too).
struct PathParts {
  std::vector<std::string_view> parts;
  size_t split_at = std::string_view::npos;

  explicit PathParts(std::string_view path) : parts(split(path, '/')) {
    for (size_t k = 0; k + 2 < parts.size(); ++k) {
      if (std::find(kSplitNames.begin(), kSplitNames.end(), parts[k]) != kSplitNames.end()) {
        split_at = k;
        return;
      }
    }
  }
  [[nodiscard]] std::string_view split_name() const {
    return split_at == std::string_view::npos ? std::string_view() : parts[split_at];
  }
  /// What stands behind the first `k` parts.
  [[nodiscard]] std::string rest(size_t k) const {
    return joined(std::span<const std::string_view>(parts).subspan(k), "/");
  }
};

bool is_split(std::string_view name, std::string_view asked) {
  return name == asked || (asked == "val" && (name == "valid" || name == "validation"));
}

/// One picture of an archive before it is known where its classes begin.
struct RawEntry {
  std::string path;
  uint64_t offset;
  uint64_t bytes;
};

/// Which split of those that are there serves the one asked for; an empty name where the archive
/// has no splits.
Result<std::string> choose_split(const std::string& archive, std::string_view asked,
                                 const std::set<std::string, std::less<>>& there) {
  if (there.empty()) return std::string();
  if (asked.empty() && there.size() == 1) return *there.begin();
  for (const std::string& name : there) {
    if (!asked.empty() && is_split(name, asked)) return name;
  }
  if ((asked.empty() || asked == "val") && there.contains("train")) return std::string("train");
  const std::vector<std::string> names(there.begin(), there.end());
  return bad_data(archive, "no split '" + std::string(asked) + "' in the archive", {},
                  joined(names, ", "));
}

/// True where all paths begin with the same folder and have a class folder below it.
bool has_common_root(const std::vector<RawEntry>& entries) {
  const PathParts first(entries.front().path);
  return std::all_of(entries.begin(), entries.end(), [&](const RawEntry& entry) {
    const PathParts path(entry.path);
    return path.parts.size() >= 3 && path.parts[0] == first.parts[0];
  });
}

}  // namespace

/// Puts a FileSet together, from whichever source.
class FileSetBuilder {
 public:
  FileSetBuilder(std::string root, const FileSetOptions& options)
      : set_(new FileSet), options_(options) {
    set_->root_ = std::move(root);
    set_->decode_ = options.decode;
  }

  void add(std::string name, uint64_t offset = 0, uint64_t bytes = 0) {
    set_->entries_.push_back({std::move(name), 0, offset, bytes});
  }
  void ignore(uint64_t count) { set_->n_ignored_ += count; }
  void hold(std::string bytes, std::string split_found) {
    set_->bytes_ = std::move(bytes);
    set_->split_found_ = std::move(split_found);
    set_->in_memory_ = true;
  }

  /// Labels, order, and the checks that both sources share.
  Result<FileSetPtr> finish() {
    std::vector<FileSet::Entry>& entries = set_->entries_;
    if (entries.empty()) {
      return bad_data(set_->root_, "no pictures in class folders", std::string(kExpectedLayout));
    }
    set_->class_names_ = options_.class_names;
    if (set_->class_names_.empty()) {
      std::set<std::string, std::less<>> names;
      for (const FileSet::Entry& entry : entries) names.emplace(class_of(entry.name));
      set_->class_names_.assign(names.begin(), names.end());
    }
    std::map<std::string, int32_t, std::less<>> labels;
    for (const std::string& name : set_->class_names_) {
      labels.emplace(name, static_cast<int32_t>(labels.size()));
    }
    for (FileSet::Entry& entry : entries) {
      const auto found = labels.find(class_of(entry.name));
      if (found == labels.end()) {
        return bad_data(set_->root_, "a class folder that is not among the known classes", {},
                        shown_path(class_of(entry.name)));
      }
      entry.label = found->second;
    }
    std::stable_sort(entries.begin(), entries.end(),
                     [](const FileSet::Entry& a, const FileSet::Entry& b) {
                       return a.label != b.label ? a.label < b.label : a.name < b.name;
                     });
    // A tar may hold a path twice; unpacked, the later one stays.
    for (size_t i = 0; i + 1 < entries.size(); ++i) {
      if (entries[i].name == entries[i + 1].name) entries[i].name.clear();
    }
    std::erase_if(entries, [](const FileSet::Entry& entry) { return entry.name.empty(); });
    return FileSetPtr(std::move(set_));
  }

 private:
  static std::string_view class_of(std::string_view name) { return name.substr(0, name.find('/')); }

  std::shared_ptr<FileSet> set_;
  const FileSetOptions& options_;
};

Result<Picture> FileSet::picture(int64_t i) const {
  const Entry& file = entry(i);
  if (!in_memory_) return read_picture(root_ + "/" + file.name, decode_);
  return decode_picture(std::string_view(bytes_).substr(file.offset, file.bytes),
                        shown_path(root_) + ": " + shown_path(file.name), decode_);
}

bool is_picture_name(std::string_view name) {
  constexpr std::array<std::string_view, 10> kEndings = {"jpg",  "jpeg", "jpe", "jfif", "png",
                                                         "webp", "gif",  "bmp", "tif",  "tiff"};
  name = name.substr(name.rfind('/') + 1);
  const size_t dot = name.rfind('.');
  if (name.starts_with('.') || dot == std::string_view::npos) return false;
  std::string ending(name.substr(dot + 1));
  for (char& c : ending) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return std::find(kEndings.begin(), kEndings.end(), ending) != kEndings.end();
}

Result<FileSetPtr> read_class_folder(const std::string& folder, const FileSetOptions& options) {
  FileSetBuilder builder(folder, options);
  std::error_code code;
  if (!fs::is_directory(folder, code)) {
    return bad_data(folder, code ? "no such folder" : "not a folder");
  }
  for (fs::directory_iterator top(folder, code), end; !code && top != end; top.increment(code)) {
    const std::string class_name = top->path().filename().string();
    std::error_code ignored;
    if (class_name.starts_with('.')) continue;
    if (!fs::is_directory(top->path(), ignored)) {
      builder.ignore(1);
      continue;
    }
    fs::recursive_directory_iterator it(top->path(), code);
    for (; !code && it != fs::recursive_directory_iterator(); it.increment(code)) {
      if (it->is_directory(ignored)) continue;
      const std::string path = it->path().string();
      if (is_picture_name(path)) {
        builder.add(path.substr(folder.size() + (folder.ends_with('/') ? 0 : 1)));
      } else {
        builder.ignore(1);
      }
    }
  }
  if (code) return bad_data(folder, "cannot read the folder: " + code.message());
  return builder.finish();
}

Result<FileSetPtr> read_class_archive(const std::string& archive, std::string_view split,
                                      const FileSetOptions& options) {
  FileSetBuilder builder(archive, options);
  std::vector<RawEntry> raw;
  std::set<std::string, std::less<>> splits;
  std::string bytes;
  const auto wants = [&](std::string_view path) {
    const PathParts parts(path);
    if (!is_picture_name(path) || parts.parts.size() < 2) return false;
    const std::string_view name = parts.split_name();
    if (!name.empty()) splits.emplace(name);
    return name.empty() || split.empty() || is_split(name, split) ||
           (split == "val" && name == "train");
  };
  const auto takes = [&](std::string_view path, std::string_view content) {
    raw.push_back({std::string(path), bytes.size(), content.size()});
    bytes += content;
  };
  const Result<ArchiveSummary> read = read_archive(archive, wants, takes, options.archive);
  if (!read.ok()) return read.error();
  builder.ignore(read.value().n_unsafe);
  Result<std::string> chosen = choose_split(archive, split, splits);
  if (!chosen.ok()) return chosen.error();
  const bool common_root = chosen.value().empty() && !raw.empty() && has_common_root(raw);
  for (const RawEntry& entry : raw) {
    const PathParts parts(entry.path);
    if (parts.split_name() != chosen.value()) continue;
    const size_t root = chosen.value().empty() ? size_t{common_root} : parts.split_at + 1;
    builder.add(parts.rest(root), entry.offset, entry.bytes);
  }
  builder.hold(std::move(bytes), std::move(chosen).value());
  return builder.finish();
}

Result<DatasetPtr> open_data(const DataPlace& place, const HoldOutOptions& hold_out,
                             const FileSetOptions& options) {
  if (place.kind == PlaceKind::kFolder) {
    Result<FileSetPtr> set = read_class_folder(place.path, options);
    if (!set.ok()) return set.error();
    return apply_origin(std::move(set).value(), place, hold_out);
  }
  if (place.kind == PlaceKind::kArchive) {
    Result<FileSetPtr> set = read_class_archive(place.path, place.split, options);
    if (!set.ok()) return set.error();
    DataPlace seen = place;
    const std::string& found = set.value()->split_found();
    if (place.split == "val" &&
        (found == "train" || (found.empty() && !is_judging_file(place.path)))) {
      seen.origin = SplitOrigin::kHeldOutOfTrain;
    }
    return apply_origin(std::move(set).value(), seen, hold_out);
  }
  return open_without_codecs(place, hold_out);
}

Result<DatasetPtr> open_data(std::string_view name, std::string_view split, const FindOptions& find,
                             const HoldOutOptions& hold_out, const FileSetOptions& options) {
  const Result<DataPlace> place = find_data(name, split, find);
  if (!place.ok()) return place.error();
  return open_data(place.value(), hold_out, options);
}

}  // namespace fovea
