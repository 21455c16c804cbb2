// fovea data pack|get: data sets are packed, fetched.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/data_argument.h"
#include "app/download.h"
#include "app/machine.h"
#include "app/output.h"
#include "app/timed.h"
#include "app/verbs/data_work.h"
#include "app/verbs/verbs.h"
#include "base/words.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

// pack ------------------------------------------------------------------------------------------

OptionSpecs pack_options() {
  return data_options() + OptionSpecs{{"--size", "PIXELS",
                                       "pictures become PIXELS x PIXELS (shorter side, centre "
                                       "crop); without it all must have one size"},
                                      {"--skip-broken", "",
                                       "leave out pictures that cannot be read", Takes::kNothing},
                                      {"--encoded", "",
                                       "keep the files as they are encoded instead of their "
                                       "pixels: for large pictures; reading it needs codecs",
                                       Takes::kNothing},
                                      {"--threads", "T", "threads"},
                                      output_option("OUT.fpack", "the pack"),
                                      force_option()};
}

int pack(Context& context, const Arguments& arguments) {
  arguments.expect_inputs(0, 0, "");
  const std::string output = arguments.needed("--output");
  const Overwrite overwrite = overwrite_from(arguments);
  require_writable(output, overwrite);
  const PackOptions options{
      .side = static_cast<int32_t>(
          arguments.has("--size") ? arguments.count("--size", 0, 1, Transform::kMaxSide) : 0),
      .form = arguments.has("--encoded") ? PackForm::kEncoded : PackForm::kPixels,
      .on_broken = arguments.has("--skip-broken") ? OnBroken::kSkip : OnBroken::kStop,
      .overwrite = overwrite};
  const DatasetPtr data = data_from(arguments);
  DataProgress work(context.console, arguments, "packed");
  const PackReport report = pack_data(*data, output, options, work.options()).value();
  note_broken(context.console, report.broken);
  if (context.console.json()) {
    context.console.json_result(Json{{"pack", json_text(output)},
                                     {"n", report.n},
                                     {"height", report.height},
                                     {"width", report.width},
                                     {"encoded", options.form == PackForm::kEncoded},
                                     {"classes", data->n_classes()},
                                     {"broken", broken_json(report.broken)}});
  }
  context.console.note("wrote " + shown_path(output) + ": " + std::to_string(report.n) +
                       (report.height == 0 ? " encoded pictures"
                                           : " pictures of " + std::to_string(report.height) +
                                                 " x " + std::to_string(report.width)));
  return 0;
}

// get -------------------------------------------------------------------------------------------

OptionSpecs get_options() {
  return {{"--archive", "FILE", "take this archive instead of downloading it"},
          {"--url", "URL", "download from there: a mirror, or an archive of one's own"},
          {"--sha256", "HEX", "what the archive must be; needed for a NAME of one's own"},
          output_option("DIR", "where the data goes; data/NAME"),
          force_option()};
}

/// The named archive, with what the options say of it.
PublishedData wanted_data(const Arguments& arguments, const std::string& name) {
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the name of a data set is the name of its folder below data/",
                 .where = "fovea data get",
                 .expected = "a NAME without '/' that does not begin with '.'",
                 .found = shown_path(name),
                 .hint = "-o says where the data goes"});
  }
  const auto all = published_data();
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const PublishedData& each) { return each.name == name; });
  const bool own =
      arguments.has("--sha256") && (arguments.has("--url") || arguments.has("--archive"));
  if (at == all.end() && !own) {
    std::vector<std::string> names;
    for (const PublishedData& each : all) names.push_back(each.name);
    const auto near = nearest(name, names);
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "unknown data set",
                 .where = "fovea data get",
                 .expected = joined(std::span<const std::string>(names), ", ") +
                             ", or any NAME with --sha256 and --url or --archive",
                 .found = shown_path(name),
                 .hint = near ? "perhaps " + *near : std::string()});
  }
  PublishedData data = at == all.end() ? PublishedData{.name = name} : *at;
  data.url = arguments.value_or("--url", data.url);
  data.sha256 = arguments.value_or("--sha256", data.sha256);
  if (data.sha256.size() != 64 ||
      data.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "a SHA-256 has 64 hexadecimal digits in lower case",
                 .where = "--sha256",
                 .found = shown_path(data.sha256)});
  }
  return data;
}

int get(Context& context, const Arguments& arguments) {
  arguments.expect_inputs(1, 1, "one NAME");
  const std::string& name = arguments.inputs().front();
  const PublishedData data = wanted_data(arguments, name);
  std::string folder = arguments.value_or("--output", "data/" + name);
  while (folder.size() > 1 && folder.back() == '/') folder.pop_back();
  get_data(data, arguments.value_or("--archive", ""), folder, overwrite_from(arguments),
           context.console);
  if (context.console.json()) {
    context.console.json_result(
        Json{{"name", json_text(name)}, {"folder", json_text(folder)}, {"sha256", data.sha256}});
  }
  context.console.note("wrote " + shown_path(folder));
  return 0;
}

}  // namespace

const Verb kDataPackVerb{
    .name = "data pack",
    .summary = "decode a data set once into one file that is mapped into memory",
    .usage = "--data D --split S -o OUT.fpack [--size PIXELS]",
    .description = "A pack is read without codecs and is what training reads.",
    .examples =
        "fovea data pack --data cifar10 --split train -o cifar10-train.fpack\n"
        "fovea data pack --data pictures/ --size 64 --skip-broken -o pictures.fpack\n"
        "fovea data pack --data photos/ --split train --encoded -o photos-train.fpack",
    .options = pack_options,
    .run = pack,
};

const Verb kDataGetVerb{
    .name = "data get",
    .summary = "download a published data set and check its digest",
    .usage =
        "cifar10|cifar100|cifar10-python|cifar100-python [-o DIR]\n"
        "       fovea data get NAME --url URL --sha256 HEX [-o DIR]",
    .description = "Uses curl or wget. The archive's SHA-256 must be the published one's.",
    .examples =
        "fovea data get cifar10\n"
        "fovea data get cifar100 --archive cifar-100-binary.tar.gz -o data/cifar100\n"
        "fovea data get cifar10 --url http://mirror.local/cifar-10-binary.tar.gz",
    .options = get_options,
    .run = get,
};

}  // namespace fovea::app
