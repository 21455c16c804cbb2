#include "app/packing.h"

#include <sys/stat.h>

#include "app/listed_folder.h"
#include "app/timed.h"
#include "base/file.h"
#include "base/noise.h"
#include "data/codecs/verbs.h"
#include "data/core/find.h"
#include "data/core/pack.h"

namespace fovea::app {
namespace {

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

bool has_side(const std::string& pack_path, int side) {
  const Result<PackPtr> pack = Pack::open(pack_path);
  return pack.ok() && pack.value()->height() == side && pack.value()->width() == side;
}

/// Another data set or size gets another pack.
std::string pack_name(const std::string& place, const std::string& split, int side) {
  return (split.empty() ? "all" : split) + "-" + std::to_string(side) + "-" +
         std::to_string(fnv1a(place) % 1'000'000) + ".fpack";
}

}  // namespace

Result<std::string> pack_for_training(const std::string& name, const std::string& split,
                                      const std::string& folder, int side, int threads,
                                      const Console& console) {
  const auto list = find_listed_folder(name, split, find_options());
  const bool listed = list.has_value();
  DataPlace place;
  if (!listed) {
    const Result<DataPlace> found = find_data(name, split, find_options());
    if (!found.ok()) return found.error();
    place = found.value();
  }
  if (place.origin == SplitOrigin::kHeldOutOfTrain ||
      (listed && split == "val" && !list->ends_with("/val"))) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "the data has no such split of its own",
                     .where = shown_path(name),
                     .expected = split};
  }
  if (!listed && place.kind == PlaceKind::kPack && has_side(place.path, side)) return place.path;
  const std::string path = folder + "/" + pack_name(listed ? *list : place.path, split, side);
  if (exists(path) && has_side(path, side)) return path;
  const DatasetPtr data = open_labelled(name, split, {});
  console.note("packing " + std::to_string(data->size()) + " pictures of " + shown_path(name) +
               (split.empty() ? "" : " " + split));
  Progress progress(console, "packed");
  const auto report = progress.callback();
  const Result<PackReport> packed = pack_data(
      *data, path, {.side = side, .on_broken = OnBroken::kStop, .overwrite = Overwrite::kAllow},
      {.n_threads = threads, .progress = [&report](int64_t done, int64_t total) {
         report(done, total);
         return true;
       }});
  if (!packed.ok()) return packed.error();
  return path;
}

}  // namespace fovea::app
