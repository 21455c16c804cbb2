#include "data/core/find.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/words.h"
#include "data/core/cifar.h"

namespace fovea {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 9> kArchiveEndings = {
    ".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2"};
constexpr std::array<std::string_view, 5> kSplitNames = {"train", "val", "valid", "validation",
                                                         "test"};
constexpr std::array<std::string_view, 4> kCifarFolders = {
    "cifar-10-batches-bin", "cifar-100-binary", "cifar-10-batches-py", "cifar-100-python"};
constexpr std::array<std::string_view, 4> kCifarArchives = {"cifar-10-binary", "cifar-100-binary",
                                                            "cifar-10-python", "cifar-100-python"};

bool is_folder(const std::string& path) {
  std::error_code code;
  return fs::is_directory(path, code);
}

bool is_file(const std::string& path) {
  std::error_code code;
  return fs::is_regular_file(path, code);
}

/// True for a folder whose pictures and labels a list names.
bool has_list(const std::string& folder) { return is_file(folder + "/list.csv"); }

std::string below(std::string folder, std::string_view name) {
  folder += '/';
  folder += name;
  return folder;
}

/// Names by which a split may go: "val" is also written "valid" or "validation".
std::vector<std::string> split_aliases(std::string_view split) {
  if (split == "val") return {"val", "valid", "validation"};
  return {std::string(split)};
}

/// The file's name without the ending of a pack or an archive, or nothing.
std::optional<std::string_view> stem_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".fpack")) return name.substr(0, name.size() - 6);
  for (const std::string_view ending : kArchiveEndings) {
    if (name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
  }
  return std::nullopt;
}

std::optional<std::string> with_archive_ending(const std::string& path) {
  for (const std::string_view ending : kArchiveEndings) {
    if (is_file(path + std::string(ending))) return path + std::string(ending);
  }
  return std::nullopt;
}

PlaceKind file_kind(std::string_view path) {
  return path.ends_with(".fpack") ? PlaceKind::kPack : PlaceKind::kArchive;
}

/// Splits that a folder holds in whatever form, and its other sub-folders.
struct Listing {
  std::vector<std::string> splits;
  std::vector<std::string> others;
};

Listing list_folder(const std::string& folder) {
  Listing listing;
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    const std::string path = it->path().string();
    const bool folder_entry = is_folder(path);
    const auto stem = folder_entry
                          ? std::optional(std::string_view(path).substr(path.rfind('/') + 1))
                          : stem_of(path);
    if (!stem || stem->starts_with(".")) continue;
    const bool is_split =
        std::find(kSplitNames.begin(), kSplitNames.end(), *stem) != kSplitNames.end();
    if (is_split) {
      listing.splits.emplace_back(*stem);
    } else if (folder_entry) {
      listing.others.emplace_back(*stem);
    }
  }
  std::sort(listing.splits.begin(), listing.splits.end());
  listing.splits.erase(std::unique(listing.splits.begin(), listing.splits.end()),
                       listing.splits.end());
  return listing;
}

std::optional<DataPlace> own_split(const std::string& folder, std::string_view split) {
  for (const std::string& name : split_aliases(split)) {
    const std::string path = below(folder, name);
    const auto place = [&](PlaceKind kind, const std::string& where) {
      return DataPlace{.kind = kind, .path = where, .split = std::string(split)};
    };
    if (is_file(path + ".fpack")) return place(PlaceKind::kPack, path + ".fpack");
    if (is_folder(path)) {
      return place(has_list(path) ? PlaceKind::kListed : PlaceKind::kFolder, path);
    }
    if (const auto archive = with_archive_ending(path)) {
      return place(PlaceKind::kArchive, *archive);
    }
  }
  return std::nullopt;
}

ErrorInfo no_split(const std::string& folder, std::string_view split, const Listing& listing) {
  const std::string found = joined(listing.splits, ", ");
  return {.kind = ErrorKind::kBadInput,
          .what = "no split '" + std::string(split) + "'",
          .where = shown_path(folder),
          .expected = "a folder " + std::string(split) + ", " + std::string(split) + ".fpack or " +
                      std::string(split) + ".tar* inside",
          .found = found.empty() ? "none" : found};
}

/// A folder without splits.
DataPlace whole_folder(const std::string& folder) {
  if (has_list(folder)) return {.kind = PlaceKind::kListed, .path = folder};
  return {.kind = is_cifar_folder(folder) ? PlaceKind::kCifar : PlaceKind::kFolder, .path = folder};
}

/// A folder without splits as training data, or as what is held out of it.
DataPlace training_folder(PlaceKind kind, const std::string& folder, bool holds_out) {
  return {.kind = kind,
          .path = folder,
          .split = "train",
          .origin = holds_out ? SplitOrigin::kHeldOutOfTrain : SplitOrigin::kOwn};
}

Result<DataPlace> split_in_folder(const std::string& folder, std::string_view split) {
  if (split.empty()) return whole_folder(folder);
  const bool can_hold_out = split == "val";
  const bool can_be_whole = can_hold_out || split == "train";
  std::optional<DataPlace> own = own_split(folder, split);
  // A list names what is in its folder's sub-folders, too; only a list of the split's own goes
  // before it.
  const bool own_list = own && own->kind == PlaceKind::kListed;
  if (can_be_whole && !own_list && has_list(folder)) {
    return training_folder(PlaceKind::kListed, folder, can_hold_out);
  }
  if (own) return *std::move(own);
  std::vector<std::string> cifar = {folder};
  for (const std::string_view name : kCifarFolders) cifar.push_back(below(folder, name));
  for (const std::string& path : cifar) {
    if (!is_cifar_folder(path)) continue;
    return DataPlace{.kind = PlaceKind::kCifar,
                     .path = path,
                     .split = std::string(can_hold_out ? "train" : split),
                     .origin = can_hold_out ? SplitOrigin::kHeldOutOfTrain : SplitOrigin::kOwn};
  }
  std::vector<std::string> archives = {fs::path(folder).filename().string()};
  archives.insert(archives.end(), kCifarArchives.begin(), kCifarArchives.end());
  for (const std::string& name : archives) {
    const auto archive = with_archive_ending(below(folder, name));
    if (!archive) continue;
    return DataPlace{.kind = PlaceKind::kArchive, .path = *archive, .split = std::string(split)};
  }
  if (can_hold_out) {
    if (auto train = own_split(folder, "train")) {
      train->origin = SplitOrigin::kHeldOutOfTrain;
      return *std::move(train);
    }
  }
  const Listing listing = list_folder(folder);
  if (listing.splits.empty() && !listing.others.empty() && can_be_whole) {
    return training_folder(PlaceKind::kFolder, folder, can_hold_out);
  }
  return no_split(folder, split, listing);
}

Result<DataPlace> split_of(const std::string& path, std::string_view split) {
  if (is_folder(path)) {
    std::string folder = path;
    while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
    return split_in_folder(folder, split);
  }
  if (!stem_of(path)) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "not a data set",
                     .where = shown_path(path),
                     .expected = "a folder, a tar archive or a pack (.fpack)"};
  }
  DataPlace place{.kind = file_kind(path), .path = path, .split = std::string(split)};
  // What an archive holds is seen when it is opened.
  if (split == "val" && place.kind == PlaceKind::kPack && !is_judging_file(path)) {
    place.origin = SplitOrigin::kHeldOutOfTrain;
    place.split = "train";
  }
  return place;
}

}  // namespace

bool is_judging_file(std::string_view path) {
  const auto stem = stem_of(path);
  return stem && (stem->ends_with("val") || stem->ends_with("valid") ||
                  stem->ends_with("validation") || stem->ends_with("test"));
}

FindOptions find_options(std::string root) {
  const char* environment = std::getenv("FOVEA_DATA");
  return {.root = std::move(root), .environment = environment == nullptr ? "" : environment};
}

Result<DataPlace> find_data(std::string_view name, std::string_view split,
                            const FindOptions& options) {
  if (name.empty()) {
    return ErrorInfo{.kind = ErrorKind::kUsage, .what = "the name of the data set is empty"};
  }
  std::vector<std::string> places;
  const auto add = [&](const std::string& root) {
    if (!root.empty()) places.push_back(root + "/" + std::string(name));
  };
  if (!name.starts_with('/')) add(options.root);
  places.emplace_back(name);
  if (!name.starts_with('/')) {
    add(options.environment);
    add(options.local);
  }
  for (const std::string& place : places) {
    if (is_folder(place) || is_file(place)) return split_of(place, split);
    if (is_file(place + ".fpack")) return split_of(place + ".fpack", split);
    if (const auto archive = with_archive_ending(place)) return split_of(*archive, split);
  }
  std::vector<std::string> shown;
  for (const std::string& place : places) shown.push_back(shown_path(place));
  return ErrorInfo{.kind = ErrorKind::kBadInput,
                   .what = "no such data set",
                   .where = shown_path(name),
                   .expected = "a folder, tar or pack at " + joined(shown, ", "),
                   .hint = options.environment.empty()
                               ? "set FOVEA_DATA to the folder that holds your data sets"
                               : ""};
}

Status check_own_split(const DataPlace& place, std::string_view split) {
  const bool for_all_splits = place.kind == PlaceKind::kPack && split != "train" &&
                              !split.empty() && !is_judging_file(place.path);
  if (place.origin == SplitOrigin::kOwn && !for_all_splits) return {};
  return ErrorInfo{.kind = ErrorKind::kBadInput,
                   .what = "the data has no such split of its own",
                   .where = shown_path(place.path),
                   .expected = std::string(split)};
}

DatasetPtr apply_origin(DatasetPtr data, const DataPlace& place, const HoldOutOptions& options) {
  if (place.origin == SplitOrigin::kOwn) return data;
  std::vector<int64_t> indices = hold_out(data->size(), options).val;
  return std::make_shared<Subset>(std::move(data), std::move(indices));
}

Result<DatasetPtr> open_without_codecs(const DataPlace& place, const HoldOutOptions& options,
                                       PictureDecoder decoder) {
  if (place.kind == PlaceKind::kPack) {
    Result<PackPtr> pack = Pack::open(place.path, std::move(decoder));
    if (!pack.ok()) return pack.error();
    return apply_origin(std::move(pack).value(), place, options);
  }
  if (place.kind == PlaceKind::kCifar) {
    Result<DatasetPtr> data =
        read_cifar_folder(place.path, place.split.empty() ? "train" : place.split);
    if (!data.ok()) return data.error();
    return apply_origin(std::move(data).value(), place, options);
  }
  return ErrorInfo{
      .kind = ErrorKind::kNotInBuild,
      .what = "this build reads packs (.fpack) and the files of the CIFAR archives only",
      .where = shown_path(place.path),
      .hint = "build with FOVEA_CODECS, or make a pack with `fovea data pack`"};
}

}  // namespace fovea
