#include "app/packing.h"

#include <sys/stat.h>

#include "app/listed_folder.h"
#include "app/timed.h"
#include "app/verbs/data_work.h"
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

/// True for a pack that serves the request.
bool serves(const std::string& pack_path, const PackRequest& request) {
  const Result<PackPtr> pack = Pack::open(pack_path);
  if (!pack.ok() || pack.value()->form() != request.form) return false;
  return request.form == PackForm::kEncoded ||
         (pack.value()->height() == request.side && pack.value()->width() == request.side);
}

/// Another data set, size or form gets another pack.
std::string pack_name(const std::string& place, const PackRequest& request) {
  const bool encoded = request.form == PackForm::kEncoded;
  return (request.split.empty() ? "all" : request.split) + "-" +
         (encoded ? "encoded" : std::to_string(request.side)) + "-" +
         std::to_string(fnv1a(place) % 1'000'000) + ".fpack";
}

}  // namespace

Result<std::string> pack_for_training(const PackRequest& request, int threads,
                                      const Console& console) {
  const std::string& name = request.name;
  const std::string& split = request.split;
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
  if (!listed && place.kind == PlaceKind::kPack && serves(place.path, request)) return place.path;
  const std::string path = request.folder + "/" + pack_name(listed ? *list : place.path, request);
  if (exists(path) && serves(path, request)) return path;
  const DatasetPtr data = open_labelled(name, split, {});
  const bool encoded = request.form == PackForm::kEncoded;
  console.note("packing " + std::to_string(data->size()) + " pictures of " + shown_path(name) +
               (split.empty() ? "" : " " + split));
  Progress progress(console, "packed");
  const auto report = progress.callback();
  const Result<PackReport> packed =
      pack_data(*data, path,
                {.side = encoded ? 0 : request.side,
                 .form = request.form,
                 .on_broken = request.on_broken,
                 .overwrite = Overwrite::kAllow},
                {.n_threads = threads, .progress = [&report](int64_t done, int64_t total) {
                   report(done, total);
                   return true;
                 }});
  if (!packed.ok()) return packed.error();
  note_broken(console, packed.value().broken);
  return path;
}

}  // namespace fovea::app
