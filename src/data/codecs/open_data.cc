#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/file.h"
#include "base/words.h"
#include "data/codecs/file_set.h"
#include "data/codecs/file_set_builder.h"
#include "data/codecs/listed_folder.h"
#include "data/core/cifar.h"

namespace fovea {
namespace {

constexpr std::array<std::string_view, 5> kSplitNames = {"train", "val", "valid", "validation",
                                                         "test"};

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

/// One pass over an archive: its pictures still encoded, and files of the CIFAR archives.
struct ArchiveContent {
  std::vector<RawEntry> pictures;
  std::string bytes;  ///< of the pictures, one behind the other
  std::set<std::string, std::less<>> splits;
  std::vector<std::string> folders;
  CifarFiles cifar;
  uint64_t n_unsafe = 0;
};

Result<ArchiveContent> walk_archive(const std::string& archive, std::string_view split,
                                    const ArchiveLimits& limits) {
  ArchiveContent content;
  const auto wants = [&](std::string_view path) {
    const PathParts parts(path);
    if (is_cifar_file(parts.parts.back())) return true;
    if (!is_picture_name(path) || parts.parts.size() < 2) return false;
    const std::string_view name = parts.split_name();
    if (!name.empty()) content.splits.emplace(name);
    return name.empty() || split.empty() || is_split(name, split) ||
           (split == "val" && name == "train");
  };
  const auto takes = [&](std::string_view path, std::string_view bytes) {
    if (is_picture_name(path)) {
      content.pictures.push_back({std::string(path), content.bytes.size(), bytes.size()});
      content.bytes += bytes;
    } else {
      content.cifar[std::string(path.substr(path.rfind('/') + 1))] = bytes;
    }
  };
  Result<ArchiveSummary> read = read_archive(archive, wants, takes, limits);
  if (!read.ok()) return read.error();
  content.n_unsafe = read.value().n_unsafe;
  content.folders = std::move(read.value().folders);
  return content;
}

Result<FileSetPtr> file_set_of(const std::string& archive, std::string_view split,
                               ArchiveContent content, const FileSetOptions& options) {
  FileSetBuilder builder(archive, options);
  builder.ignore(content.n_unsafe);
  Result<std::string> chosen = choose_split(archive, split, content.splits);
  if (!chosen.ok()) return chosen.error();
  const std::vector<RawEntry>& raw = content.pictures;
  const bool common_root = chosen.value().empty() && !raw.empty() && has_common_root(raw);
  for (const RawEntry& entry : raw) {
    const PathParts parts(entry.path);
    if (parts.split_name() != chosen.value()) continue;
    const size_t root = chosen.value().empty() ? size_t{common_root} : parts.split_at + 1;
    builder.add(parts.rest(root), entry.offset, entry.bytes);
  }
  // Folders at the place of the classes; those of other splits are not asked for here.
  for (const std::string& folder : content.folders) {
    const std::string inside = folder + "/x";
    const PathParts parts(inside);
    const bool in_split = parts.split_name() == chosen.value();
    const size_t root = chosen.value().empty() ? size_t{common_root} : parts.split_at + 1;
    if (in_split && parts.parts.size() == root + 2) {
      builder.expect_class(std::string(parts.parts[root]));
    }
  }
  builder.hold(std::move(content.bytes), std::move(chosen).value());
  return builder.finish();
}

}  // namespace

PictureDecoder picture_decoder(const DecodeLimits& limits) {
  return [limits](std::string_view bytes, std::string_view source) {
    return decode_picture(bytes, source, limits);
  };
}

Result<FileSetPtr> read_class_archive(const std::string& archive, std::string_view split,
                                      const FileSetOptions& options) {
  Result<ArchiveContent> content = walk_archive(archive, split, options.archive);
  if (!content.ok()) return content.error();
  return file_set_of(archive, split, std::move(content).value(), options);
}

Result<ArchiveData> read_data_archive(const std::string& archive, std::string_view split,
                                      const FileSetOptions& options) {
  Result<ArchiveContent> content = walk_archive(archive, split, options.archive);
  if (!content.ok()) return content.error();
  std::vector<std::string> names;
  for (const auto& [name, bytes] : content.value().cifar) names.push_back(name);
  if (content.value().pictures.empty() && is_cifar_archive(names)) {
    const std::string found = split.empty() || split == "val" ? "train" : std::string(split);
    Result<DatasetPtr> data = read_cifar_files(content.value().cifar, found, archive);
    if (!data.ok()) return data.error();
    return ArchiveData{std::move(data).value(), found};
  }
  Result<FileSetPtr> set = file_set_of(archive, split, std::move(content).value(), options);
  if (!set.ok()) return set.error();
  const std::string found = set.value()->split_found();
  return ArchiveData{std::move(set).value(), found};
}

Result<DatasetPtr> open_data(const DataPlace& place, const HoldOutOptions& hold_out,
                             const FileSetOptions& options) {
  if (place.kind == PlaceKind::kFolder) {
    Result<FileSetPtr> set = read_class_folder(place.path, options);
    if (!set.ok()) return set.error();
    return apply_origin(std::move(set).value(), place, hold_out);
  }
  if (place.kind == PlaceKind::kListed) {
    Result<DatasetPtr> data = read_listed_folder(place.path);
    if (!data.ok()) return data.error();
    return apply_origin(std::move(data).value(), place, hold_out);
  }
  if (place.kind == PlaceKind::kArchive) {
    Result<ArchiveData> read = read_data_archive(place.path, place.split, options);
    if (!read.ok()) return read.error();
    DataPlace seen = place;
    const std::string& found = read.value().split_found;
    if (place.split == "val" &&
        (found == "train" || (found.empty() && !is_judging_file(place.path)))) {
      seen.origin = SplitOrigin::kHeldOutOfTrain;
    }
    return apply_origin(std::move(read).value().data, seen, hold_out);
  }
  return open_without_codecs(place, hold_out, picture_decoder(options.decode));
}

Result<DatasetPtr> open_own_data(const DataPlace& place, std::string_view split) {
  const Status own = check_own_split(place, split);
  if (!own.ok()) return own.error();
  if (place.kind != PlaceKind::kArchive) return open_data(place);
  Result<ArchiveData> read = read_data_archive(place.path, split);
  if (!read.ok()) return read.error();
  const std::string& found = read.value().split_found;
  const bool whole = found.empty() && !is_judging_file(place.path);
  if (split == "train" || split.empty() || is_split(found, split) || (found.empty() && !whole)) {
    return std::move(read).value().data;
  }
  return bad_data(place.path, "the archive has no such split of its own", std::string(split),
                  found.empty() ? "no splits" : found);
}

Result<DatasetPtr> open_data(std::string_view name, std::string_view split, const FindOptions& find,
                             const HoldOutOptions& hold_out, const FileSetOptions& options) {
  const Result<DataPlace> place = find_data(name, split, find);
  if (!place.ok()) return place.error();
  return open_data(place.value(), hold_out, options);
}

}  // namespace fovea
