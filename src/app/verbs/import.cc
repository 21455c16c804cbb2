// fovea import: a checkpoint of another program becomes a model file.
#include "exchange/import.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/network.h"
#include "app/output.h"
#include "app/verbs/verbs.h"
#include "base/words.h"
#include "data/core/transform.h"
#include "zoo/zoo.h"

namespace fovea::app {
namespace {

OptionSpecs options() {
  return {
      output_option("M.fovea", "the model file"),
      {"--network", "NAME",
       "a named network or a family; without it what the checkpoint's own "
       "metadata calls `model`"},
      {"--set", "KEY=VALUE", "a setting of the network; may be repeated", Takes::kMany},
      {"--graph", "FILE", "a network in its text form, instead of --network"},
      {"--prefix", "P", "take only keys that begin with P, and strip it"},
      {"--transform", "T",
       "what pictures go through: resize=256,crop=224,mean=M[,M,M],std=D[,D,D]; without it that of "
       "the network's data set"},
      {"--labels", "FILE", "names of the classes, one a line"},
      {"--storage", "f32|f16", "how weights are stored; f32"},
      force_option(),
  };
}

constexpr uint64_t kMaxLabelBytes = uint64_t{1} << 26;

/// Throws where a --set on the command line is no setting of the network.
void check_given_settings(const std::string& name, const Settings& given) {
  const std::vector<SettingDoc> docs = network_settings(name);
  for (const auto& [key, value] : given) {
    const bool known = std::any_of(docs.begin(), docs.end(),
                                   [&key = key](const SettingDoc& doc) { return doc.name == key; });
    if (!known) (void)make_network(name, {{key, value}});  // throws with the nearest name
  }
}

/// Name and settings out of the command line and the checkpoint's own metadata; the command line
/// wins. `kind` of errors: settings out of the file are bad input.
struct Chosen {
  std::string name;
  Settings settings;
  ErrorKind kind = ErrorKind::kUsage;
};

Chosen choose(const Arguments& arguments, const StoredTensors& checkpoint) {
  Chosen out{.settings = settings_from(arguments)};
  const auto model = checkpoint.settings.find("model");
  const bool described = model != checkpoint.settings.end();
  if (const auto name = arguments.value("--network")) {
    out.name = *name;
  } else if (described) {
    out.name = model->second;
    out.kind = ErrorKind::kBadInput;
  } else {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "no network",
                 .where = "fovea import",
                 .expected = "--network NAME, since the checkpoint does not say its `model`",
                 .hint = "`fovea import --help` shows examples"});
  }
  if (!out.settings.empty()) check_given_settings(out.name, out.settings);
  if (!described) return out;
  for (const auto& [key, value] : checkpoint.settings) {
    if (key != "model" && out.settings.emplace(key, value).second) out.kind = ErrorKind::kBadInput;
  }
  return out;
}

std::vector<std::string> read_labels(const std::string& path, int64_t n_classes) {
  const Result<std::string> text = read_file(path, kMaxLabelBytes);
  std::vector<std::string> out;
  for (const std::string_view part : split(text.value(), '\n')) {
    std::string_view line = part;
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.emplace_back(line);
  }
  while (!out.empty() && out.back().empty()) out.pop_back();
  if (static_cast<int64_t>(out.size()) != n_classes) {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "labels are not one per class",
                 .where = shown_path(path),
                 .expected = std::to_string(n_classes) + " lines",
                 .found = std::to_string(out.size())});
  }
  for (const std::string& label : out) {
    if (!is_utf8(label)) {
      throw Error({.kind = ErrorKind::kBadInput,
                   .what = "a label is no UTF-8",
                   .where = shown_path(path),
                   .found = shown_path(label)});
    }
  }
  return out;
}

std::string checked_transform(const std::string& text, const Graph& graph) {
  Result<Transform> parsed = Transform::parse(text, "--transform");
  if (!parsed.ok()) {
    ErrorInfo error = parsed.error();
    error.kind = ErrorKind::kUsage;
    throw Error(std::move(error));
  }
  const Transform transform = std::move(parsed).value();
  const Shape& shape = graph.main().value(graph.main().inputs.front()).type.shape;
  if (shape.rank() != 3 || shape[1] != transform.crop || shape[2] != transform.crop) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the transform does not give the network's input",
                 .where = "--transform",
                 .expected = shape.text(),
                 .found = "crop=" + std::to_string(transform.crop)});
  }
  return transform.text();
}

Model described_model(const Arguments& arguments, const StoredTensors& checkpoint) {
  if (arguments.has("--graph")) {
    Network network = network_from(arguments, Weights::kNone);
    return std::move(network.model);
  }
  const Chosen chosen = choose(arguments, checkpoint);
  return {.graph = make_network(chosen.name, chosen.settings, chosen.kind),
          .transform = default_transform(chosen.name, chosen.settings, chosen.kind),
          .labels = default_labels(chosen.name, chosen.settings, chosen.kind)};
}

int run(Context& context, const Arguments& arguments) {
  arguments.expect_inputs(1, 1, "one CHECKPOINT");
  const std::string& input = arguments.inputs().front();
  const std::string output = arguments.needed("--output");
  const Overwrite overwrite = overwrite_from(arguments);
  const Storage storage = storage_from(arguments);
  require_writable(output, overwrite);
  if (const auto name = arguments.value("--network")) (void)network_settings(*name);

  const StoredTensors checkpoint = read_checkpoint(input).value();
  Model model = described_model(arguments, checkpoint);
  if (const auto text = arguments.value("--transform")) {
    model.transform = checked_transform(*text, model.graph);
  }
  if (const auto path = arguments.value("--labels")) {
    model.labels = read_labels(*path, model.graph.n_classes());
  }
  model.params =
      match_checkpoint(model.graph, checkpoint, arguments.value_or("--prefix", "")).value();
  save_model(output, model, storage, overwrite).value();
  if (context.console.json()) {
    context.console.json_result(nlohmann::ordered_json{{"model", json_text(output)},
                                                       {"network", model.graph.name()},
                                                       {"exits", model.graph.n_exits()},
                                                       {"params", model.graph.n_params()}});
  }
  context.console.note("wrote " + shown_path(output) + ": " + model.graph.name() + ", " +
                       std::to_string(model.graph.n_exits()) + " exit(s), " +
                       std::to_string(model.graph.n_params()) + " parameters");
  return 0;
}

}  // namespace

const Verb kImportVerb{
    .name = "import",
    .summary = "make a model file of another program's checkpoint",
    .usage = "CHECKPOINT -o M.fovea --network NAME|FAMILY [--set KEY=VALUE]... [options]",
    .description =
        "Reads .safetensors, .pth and .pth.tar (both forms of torch.save; nothing in the file is "
        "executed). Keys are those of the official RANet and MSDNet programs and of torchvision; "
        "`module.` is always stripped. Settings may also stand in the checkpoint's own metadata.\n"
        "Missing, unexpected, mis-shaped keys and numbers that are not finite are errors that list "
        "them.",
    .examples =
        "fovea import model_best.pth.tar -o m.fovea --network ranet-a-cifar10\n"
        "fovea import msdnet.pth -o m.fovea --network msdnet --set nBlocks=7 --set "
        "data=cifar100\n"
        "fovea import resnet18.safetensors -o m.fovea --network resnet18 --labels "
        "names.txt --storage f16\n"
        "fovea import mobilenet_v2.safetensors -o m.fovea --network mobilenetv2 --set "
        "padding=tf_same --transform resize=256,crop=224,mean=0.5,std=0.5",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
