// fovea data make: data sets are drawn, spoiled, or made slow.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/data_argument.h"
#include "app/machine.h"
#include "app/output.h"
#include "app/verbs/data_slowdown.h"
#include "app/verbs/data_work.h"
#include "app/verbs/verbs.h"
#include "base/words.h"
#include "data/core/corrupt.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

/// Options that stand already in `have` are left out of `more`.
OptionSpecs joined_once(OptionSpecs have, const OptionSpecs& more) {
  for (const OptionSpec& each : more) {
    const bool known = std::any_of(have.begin(), have.end(), [&each](const OptionSpec& option) {
      return option.name == each.name;
    });
    if (!known) have.push_back(each);
  }
  return have;
}

OptionSpecs make_options() {
  const OptionSpecs own{
      {"--images", "N", "scenes: how many pictures"},
      {"--first", "I", "scenes: index of the first picture; 0"},
      {"--size", "PIXELS", "scenes: side of a picture, 16 to 1024; 64"},
      {"--kind", "noise|blur|contrast", "corrupted: what is done to the pictures"},
      {"--strength", "1..5", "corrupted: how much of it"},
      {"--seed", "S", "which scenes, or which noise; 0"},
      output_option("DIR", "the folder for the pictures and list.csv"),
      force_option()};
  return joined_once(joined_once(own, data_options()), slowdown_options());
}

int make_drawn(Context& context, const Arguments& arguments) {
  const std::string folder = arguments.needed("--output");
  (void)arguments.needed("--images");
  constexpr int64_t kMost = 100'000'000;
  const SceneRange range{.count = arguments.count("--images", 0, 1, kMost),
                         .first = arguments.count("--first", 0, 0, kMost)};
  const ScenesOptions scenes{
      .seed = static_cast<uint64_t>(arguments.count("--seed", 0, 0, INT64_MAX)),
      .side = static_cast<int32_t>(arguments.count("--size", 64, 16, 1024))};
  DataProgress work(context.console, arguments, "made");
  make_scenes(scenes, range, folder, overwrite_from(arguments), work.options()).value();
  if (context.console.json()) {
    context.console.json_result(Json{{"folder", json_text(folder)},
                                     {"n", range.count},
                                     {"first", range.first},
                                     {"seed", scenes.seed},
                                     {"size", scenes.side}});
  }
  context.console.note("wrote " + std::to_string(range.count) + " pictures and list.csv to " +
                       shown_path(folder));
  return 0;
}

int make_corrupted(Context& context, const Arguments& arguments) {
  const std::string folder = arguments.needed("--output");
  const std::string text = arguments.needed("--kind") + ":" + arguments.needed("--strength") + ":" +
                           arguments.value_or("--seed", "0");
  const Corruption corruption = Corruption::parse(text, "--kind, --strength, --seed").value();
  const CorruptedDataset data(data_from(arguments), corruption);
  DataProgress work(context.console, arguments, "made");
  write_pictures(data, folder, overwrite_from(arguments), work.options()).value();
  if (context.console.json()) {
    context.console.json_result(Json{{"folder", json_text(folder)},
                                     {"n", data.size()},
                                     {"kind", corruption_name(corruption.kind)},
                                     {"strength", corruption.strength},
                                     {"seed", corruption.seed}});
  }
  context.console.note("wrote " + std::to_string(data.size()) + " pictures and list.csv to " +
                       shown_path(folder));
  return 0;
}

int make(Context& context, const Arguments& arguments) {
  constexpr const char* kKinds = "scenes, corrupted or slowdown";
  arguments.expect_inputs(1, 2, std::string("what to make: ") + kKinds);
  const std::string& kind = arguments.inputs().front();
  if (kind == "slowdown") return make_slowdown(context, arguments);
  arguments.expect_inputs(1, 1, std::string("what to make: ") + kKinds);
  if (kind == "scenes") return make_drawn(context, arguments);
  if (kind == "corrupted") return make_corrupted(context, arguments);
  throw Error({.kind = ErrorKind::kUsage,
               .what = "unknown kind of data",
               .where = "fovea data make",
               .expected = kKinds,
               .found = shown_path(kind)});
}

}  // namespace

const Verb kDataMakeVerb{
    .name = "data make",
    .summary = "make a data set: drawn scenes, corrupted pictures, or ones that slow a model down",
    .usage =
        "scenes --images N --seed S -o DIR [--first I] [--size PIXELS]\n"
        "       fovea data make corrupted --data D --split S --kind noise|blur|contrast --strength "
        "1..5 [--seed S] -o DIR\n"
        "       fovea data make slowdown MODEL --data D --split S [--epsilon E] [--steps N] "
        "[policy] -o DIR",
    .description =
        "DIR/list.csv holds file, label and class; --data DIR reads the classes from there.\n"
        "scenes: ten classes of drawn objects over textured clutter. Picture i depends on seed and "
        "i alone and has the same pixels on every machine; the list holds box and difficulty too.\n"
        "corrupted: another data set's pictures with noise, blur or less contrast, the same pixels "
        "on every machine.\n"
        "slowdown: pictures changed by at most E of 255 in every value so that samples leave MODEL "
        "late; needs a build with the learner (LibTorch). It prints what the attack takes away "
        "from the policy (docs/robustness.md).",
    .examples =
        "fovea data make scenes --images 1000 --seed 1 -o scenes/\n"
        "fovea data make scenes --images 100 --size 128 -o large/ --force\n"
        "fovea data make corrupted --data cifar10 --split test --kind blur --strength 3 -o "
        "blurred/\n"
        "fovea data make slowdown models/NAME.fovea --data cifar10 --split test --take 500 -o "
        "slow/",
    .options = make_options,
    .run = make,
};

}  // namespace fovea::app
