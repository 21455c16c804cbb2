// fovea data check|stats: is a data set sound, and what is in it?
#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <nlohmann/json.hpp>
#include <span>

#include "app/data_argument.h"
#include "app/machine.h"
#include "app/table.h"
#include "app/verbs/data_work.h"
#include "app/verbs/verbs.h"
#include "base/words.h"
#include "data/codecs/file_set.h"
#include "data/core/find.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kMostShown = 20;

OptionSpecs options() { return data_options() + OptionSpecs{{"--threads", "T", "threads"}}; }

// check -----------------------------------------------------------------------------------------

// Everything is checked, and what is wrong is listed: no fault hides the next.
FileSetOptions listing_faults() { return {.empty_classes = EmptyClasses::kKeep}; }

/// What an archive holds; it is read once for each split.
std::vector<NamedSplit> splits_of_archive(const std::string& archive) {
  std::vector<NamedSplit> out;
  ArchiveData all = read_data_archive(archive, "", listing_faults()).value();
  if (all.split_found.empty()) return {{"all", std::move(all.data)}};
  for (const char* split : {"train", "val", "test"}) {
    Result<ArchiveData> read = read_data_archive(archive, split, listing_faults());
    if (!read.ok()) continue;
    // Asked for "val", an archive without it gives its training data.
    if (std::string_view(split) == "val" && read.value().split_found == "train") continue;
    out.push_back({split, std::move(read).value().data});
  }
  return out;
}

/// The split that is named, else all that the data has of its own, else all there is.
std::vector<NamedSplit> splits_from(const Arguments& arguments) {
  const std::string name = arguments.needed("--data");
  if (const auto split = arguments.value("--split"))
    return {{*split, data_from(arguments, hold_out_from(arguments), listing_faults())}};
  std::vector<NamedSplit> out;
  const Result<DataPlace> all = find_data(name, "", find_options());
  const std::string whole = all.ok() ? all.value().path : std::string();
  if (all.ok() && all.value().kind == PlaceKind::kArchive) return splits_of_archive(whole);
  for (const char* split : {"train", "val", "test"}) {
    const Result<DataPlace> place = find_data(name, split, find_options());
    if (!place.ok() || place.value().origin == SplitOrigin::kHeldOutOfTrain) continue;
    // A pack answers for every split; it is one.
    const bool is_whole = place.value().path == whole && place.value().kind != PlaceKind::kCifar;
    if (!out.empty() && is_whole) continue;
    out.push_back({split, open_data(place.value(), {}, listing_faults()).value()});
  }
  if (out.empty()) {
    out.push_back({"all", data_from(arguments, hold_out_from(arguments), listing_faults())});
  }
  return out;
}

Json picture_json(const PictureRef& picture) {
  return {{"split", picture.split},
          {"index", picture.index},
          {"file", json_text(picture.file)},
          {"label", picture.label}};
}

Json check_json(const DataCheck& found) {
  Json out{{"passed", found.passed()}, {"classes", Json::array()}, {"splits", Json::array()}};
  for (const std::string& name : found.class_names) out["classes"].push_back(json_text(name));
  for (const SplitCheck& split : found.splits) {
    out["splits"].push_back({{"name", split.name},
                             {"n", split.n},
                             {"per_class", split.per_class},
                             {"balance", split.balance},
                             {"label_base", split.label_base},
                             {"broken", broken_json(split.broken)}});
  }
  out["duplicates"] = Json::array();
  for (const DuplicateGroup& group : found.duplicates) {
    Json pictures = Json::array();
    for (const PictureRef& picture : group.pictures) pictures.push_back(picture_json(picture));
    out["duplicates"].push_back({{"across_splits", group.across_splits},
                                 {"across_classes", group.across_classes},
                                 {"pictures", std::move(pictures)}});
  }
  out["label_base"] = found.label_base();
  out["class_differences"] = Json::array();
  for (const std::string& each : found.class_differences) {
    out["class_differences"].push_back(json_text(each));
  }
  out["faults"] = Json::array();
  for (const std::string& each : found.faults) out["faults"].push_back(json_text(each));
  out["remarks"] = Json::array();
  for (const std::string& each : found.remarks) out["remarks"].push_back(json_text(each));
  return out;
}

/// "1 group", "2 groups".
std::string counted(int64_t n, const std::string& thing) {
  return std::to_string(n) + " " + thing + (n == 1 ? "" : "s");
}

std::string check_text(const DataCheck& found) {
  Table table({{"split", Table::Align::kLeft}, {"pictures"}, {"broken"}, {"balance"}});
  for (const SplitCheck& split : found.splits) {
    table.add({split.name, std::to_string(split.n), std::to_string(split.broken.size()),
               fixed(split.balance, 3)});
  }
  std::string out = table.text();
  size_t n_shown = 0;
  const auto show = [&](const std::string& line) {
    if (n_shown++ < kMostShown) out += line + "\n";
  };
  for (const SplitCheck& split : found.splits) {
    for (const BrokenPicture& each : split.broken) {
      show("broken: " + shown_path(each.error.message()));
    }
  }
  for (const DuplicateGroup& group : found.duplicates) {
    if (!group.across_splits && !group.across_classes) continue;
    std::string line =
        group.across_splits ? "equal pixels across splits:" : "equal pixels across classes:";
    for (const PictureRef& each : group.pictures) {
      line += " " + each.split + "/" + shown_path(each.file);
    }
    show(line);
  }
  for (const auto* list : {&found.class_differences, &found.faults, &found.remarks}) {
    for (const std::string& each : *list) show(shown_path(each));
  }
  if (found.label_base() > 0) {
    show("no picture has a label below " + std::to_string(found.label_base()) +
         ": labels are counted from 0");
  }
  if (n_shown > kMostShown) out += fmt::format("... {} more\n", n_shown - kMostShown);
  out += fmt::format("{} of equal pictures, {} of them across splits or classes\n",
                     counted(static_cast<int64_t>(found.duplicates.size()), "group"),
                     found.n_across());
  return out;
}

/// What did not pass, in few words.
std::string failures(const DataCheck& found) {
  std::vector<std::string> out;
  const auto add = [&](int64_t n, const std::string& thing) {
    if (n != 0) out.push_back(counted(n, thing));
  };
  add(found.n_broken(), "broken picture");
  if (found.n_across() != 0) {
    out.push_back(counted(found.n_across(), "group") +
                  " of equal pictures across splits or classes");
  }
  add(static_cast<int64_t>(found.class_differences.size()), "split");
  if (!found.class_differences.empty()) out.back() += " with other classes";
  if (found.label_base() > 0) out.push_back("labels from " + std::to_string(found.label_base()));
  add(static_cast<int64_t>(found.faults.size()), "other fault");
  return joined(std::span<const std::string>(out), ", ");
}

int check(Context& context, const Arguments& arguments) {
  arguments.expect_inputs(0, 0, "");
  DataProgress work(context.console, arguments, "checked");
  const DataCheck found = check_data(splits_from(arguments), work.options()).value();
  if (context.console.json()) {
    context.console.json_result(check_json(found));
  } else {
    context.console.result(check_text(found));
  }
  if (found.passed()) return 0;
  throw Error(
      {.kind = ErrorKind::kCheckFailed,
       .what = "the data set has faults",
       .where = shown_path(arguments.needed("--data")),
       .expected = "no broken pictures, nothing equal across splits or classes, labels from 0",
       .found = failures(found)});
}

// stats -----------------------------------------------------------------------------------------

Json stats_json(const DataStats& stats) {
  Json out{{"n", stats.n}, {"broken", stats.n_broken}, {"classes", Json::array()}};
  for (size_t c = 0; c < stats.class_names.size(); ++c) {
    out["classes"].push_back(
        {{"name", json_text(stats.class_names[c])}, {"n", stats.per_class[c]}});
  }
  out["height"] = {{"min", stats.min_height}, {"max", stats.max_height}};
  out["width"] = {{"min", stats.min_width}, {"max", stats.max_width}};
  out["sizes"] = Json::array();
  for (const auto& [size, n] : stats.sizes) {
    out["sizes"].push_back({{"height", size.first}, {"width", size.second}, {"n", n}});
  }
  out["mean"] = stats.mean;
  out["std"] = stats.deviation;
  return out;
}

std::string stats_text(const DataStats& stats) {
  std::string out = fmt::format("{} pictures, {} broken, {} classes\n", stats.n, stats.n_broken,
                                stats.class_names.size());
  out += fmt::format("height {} to {}, width {} to {}\n", stats.min_height, stats.max_height,
                     stats.min_width, stats.max_width);
  out += fmt::format("mean {:.4f},{:.4f},{:.4f}  std {:.4f},{:.4f},{:.4f}\n", stats.mean[0],
                     stats.mean[1], stats.mean[2], stats.deviation[0], stats.deviation[1],
                     stats.deviation[2]);
  Table table({{"class", Table::Align::kLeft}, {"pictures"}});
  for (size_t c = 0; c < stats.class_names.size(); ++c) {
    table.add({shown_path(stats.class_names[c]), std::to_string(stats.per_class[c])});
  }
  return out + table.text();
}

int stats(Context& context, const Arguments& arguments) {
  arguments.expect_inputs(0, 0, "");
  const DatasetPtr data = data_from(arguments);
  DataProgress work(context.console, arguments, "read");
  const DataStats found = data_stats(*data, work.options()).value();
  if (context.console.json()) {
    context.console.json_result(stats_json(found));
  } else {
    context.console.result(stats_text(found));
  }
  return 0;
}

}  // namespace

DataProgress::DataProgress(const Console& console, const Arguments& arguments, std::string what)
    : progress_(console, std::move(what)),
      threads_(static_cast<int>(arguments.count("--threads", default_threads(), 1, 1024))),
      report_(progress_.callback()) {}

DataWork DataProgress::options() const {
  return {.n_threads = threads_, .progress = [this](int64_t done, int64_t total) {
            report_(done, total);
            return !InterruptGuard::requested();
          }};
}

void note_broken(const Console& console, const std::vector<BrokenPicture>& broken) {
  for (size_t i = 0; i < std::min(broken.size(), kMostShown); ++i) {
    console.note("fovea: warning: " + broken[i].error.message());
  }
  if (broken.empty()) return;
  console.note("fovea: warning: " + std::to_string(broken.size()) +
               (broken.size() == 1 ? " picture cannot be read and is left out"
                                   : " pictures cannot be read and are left out"));
}

Json broken_json(const std::vector<BrokenPicture>& broken) {
  Json out = Json::array();
  for (const BrokenPicture& each : broken) {
    out.push_back({{"index", each.index},
                   {"file", json_text(each.file)},
                   {"message", json_text(each.error.message())}});
  }
  return out;
}

const Verb kDataCheckVerb{
    .name = "data check",
    .summary = "decode everything; find broken pictures, duplicates, leaks between splits",
    .usage = "--data D [--split S] [--json]",
    .description =
        "Exit code 5 where a picture or a pack is broken, equal pictures lie in two splits or "
        "classes, splits have other classes, a class folder is empty, a class has two labels, or "
        "labels do not run from 0. Without --split all splits are checked against each other.",
    .examples =
        "fovea data check --data cifar10\n"
        "fovea data check --data pictures/ --json",
    .options = options,
    .run = check,
};

const Verb kDataStatsVerb{
    .name = "data stats",
    .summary = "sizes, classes, mean and deviation of a data set",
    .usage = "--data D [--split S] [--json]",
    .description = "Mean and deviation are over all pixels of value / 255, per channel.",
    .examples =
        "fovea data stats --data cifar10 --split train\n"
        "fovea data stats --data pictures/ --json",
    .options = options,
    .run = stats,
};

}  // namespace fovea::app
