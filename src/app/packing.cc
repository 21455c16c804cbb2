#include "app/packing.h"

#include "app/interrupt.h"
#include "app/timed.h"
#include "app/verbs/data_work.h"
#include "base/file.h"
#include "base/noise.h"
#include "data/codecs/file_set.h"
#include "data/codecs/verbs.h"
#include "data/core/find.h"
#include "data/core/pack.h"
#include "data/core/source_fingerprint.h"

namespace fovea::app {
namespace {

/// True for a pack whose pictures have the form and size that are asked for.
bool fits(const Pack& pack, const PackRequest& request) {
  if (pack.form() != request.form) return false;
  return request.form == PackForm::kEncoded ||
         (pack.height() == request.side && pack.width() == request.side);
}

/// What a pack of the request remembers of its source: another answer to broken pictures gives
/// another pack.
uint64_t source_of(const DataPlace& place, const PackRequest& request) {
  ContentHash hash;
  hash.add_number(source_fingerprint(place.path));
  hash.add_number(static_cast<uint64_t>(request.on_broken));
  return hash.value();
}

/// True for a pack that was made for the request before and serves still.
bool serves(const std::string& path, const PackRequest& request, uint64_t source,
            const Console& console) {
  if (request.reuse == PackReuse::kNone) return false;
  const Result<PackPtr> pack = Pack::open(path);
  if (!pack.ok() || !fits(*pack.value(), request)) return false;
  if (request.reuse == PackReuse::kAny) return true;
  if (pack.value()->source() != source) return false;
  const Status sound = pack.value()->verify();
  if (!sound.ok()) console.note("fovea: warning: " + sound.error().message());
  return sound.ok();
}

/// Another data set, size or form gets another pack.
std::string pack_name(const std::string& place, const PackRequest& request) {
  const bool encoded = request.form == PackForm::kEncoded;
  return (request.split.empty() ? "all" : request.split) + "-" +
         (encoded ? "encoded" : std::to_string(request.side)) + "-" +
         std::to_string(fnv1a(place) % 1'000'000) + ".fpack";
}

/// A pack as the source has been verified before.
void note_findings(const Dataset& data, const Console& console) {
  if (dynamic_cast<const Pack*>(&data) != nullptr) return;
  for (const DataFinding& each : data.findings()) {
    console.note("fovea: warning: " + each.text);
  }
}

Result<PackReport> make_pack(const Dataset& data, const std::string& path, uint64_t source,
                             const PackRequest& request, int threads, const Console& console) {
  const InterruptGuard guard;
  console.note("packing " + std::to_string(data.size()) + " pictures of " +
               shown_path(request.name) + (request.split.empty() ? "" : " " + request.split));
  Progress progress(console, "packed");
  const auto report = progress.callback();
  return pack_data(data, path,
                   {.side = request.form == PackForm::kEncoded ? 0 : request.side,
                    .form = request.form,
                    .on_broken = request.on_broken,
                    .source = source,
                    .overwrite = Overwrite::kAllow},
                   {.n_threads = threads, .progress = [&report](int64_t done, int64_t total) {
                      report(done, total);
                      return !InterruptGuard::requested();
                    }});
}

}  // namespace

Result<std::string> pack_for_training(const PackRequest& request, int threads,
                                      const Console& console) {
  const Result<DataPlace> found = find_data(request.name, request.split, find_options());
  if (!found.ok()) return found.error();
  const DataPlace& place = found.value();
  const Status own = check_own_split(place, request.split);
  if (!own.ok()) return own.error();
  if (place.kind == PlaceKind::kPack) {
    const Result<PackPtr> pack = Pack::open(place.path);
    if (!pack.ok()) return pack.error();
    const Status sound = request.reuse == PackReuse::kAny ? Status() : pack.value()->verify();
    if (!sound.ok()) return sound.error();
    if (fits(*pack.value(), request)) return place.path;
  }
  const std::string path = request.folder + "/" + pack_name(place.path, request);
  // Taken before the pictures are read: what changes meanwhile is seen the next time.
  const uint64_t source = source_of(place, request);
  if (serves(path, request, source, console)) return path;
  const Result<DatasetPtr> data = open_own_data(place, request.split);
  if (!data.ok()) return data.error();
  note_findings(*data.value(), console);
  const Result<PackReport> packed =
      make_pack(*data.value(), path, source, request, threads, console);
  if (!packed.ok()) return packed.error();
  note_broken(console, packed.value().broken);
  return path;
}

}  // namespace fovea::app
