#include "app/network.h"

#include "base/file.h"
#include "fovea/error.h"
#include "graph/init.h"
#include "zoo/zoo.h"

namespace fovea::app {
namespace {

constexpr uint64_t kMaxGraphBytes = uint64_t{1} << 28;

[[noreturn]] void usage(const Arguments& arguments, std::string what, std::string expected = {},
                        std::string found = {}) {
  throw Error({.kind = ErrorKind::kUsage,
               .what = std::move(what),
               .where = "fovea " + arguments.verb(),
               .expected = std::move(expected),
               .found = std::move(found)});
}

Network from_file(const std::string& path, Weights weights) {
  Result<Model> model = weights == Weights::kNone ? load_model_header(path) : load_model(path);
  return {.model = std::move(model).value(), .source = shown_path(path), .file = path};
}

Network from_graph_text(const std::string& path) {
  const Result<std::string> text = read_file(path, kMaxGraphBytes);
  Result<Graph> graph = parse_graph(text.value(), shown_path(path));
  return {.model = {.graph = std::move(graph).value()}, .source = shown_path(path)};
}

Network from_zoo(const std::string& name, const Settings& settings) {
  Graph graph = make_network(name, settings);
  return {.model = {.graph = std::move(graph),
                    .transform = default_transform(name, settings),
                    .labels = default_labels(name, settings)},
          .source = name};
}

}  // namespace

OptionSpecs network_options() {
  return {
      {"--network", "NAME", "a named network (ranet-a-cifar10, resnet18, ...) or a family (ranet)"},
      {"--set", "KEY=VALUE", "a setting of --network; may be repeated", Takes::kMany},
      {"--graph", "FILE", "a network in its text form"},
  };
}

Settings settings_from(const Arguments& arguments) {
  Settings out;
  for (const std::string& each : arguments.values("--set")) {
    const size_t at = each.find('=');
    if (at == std::string::npos || at == 0) {
      usage(arguments, "--set is unclear", "KEY=VALUE", shown_path(each));
    }
    if (!out.emplace(each.substr(0, at), each.substr(at + 1)).second) {
      usage(arguments, "--set " + shown_path(each.substr(0, at)) + " stands twice");
    }
  }
  return out;
}

Network network_from(const Arguments& arguments, Weights weights) {
  const auto name = arguments.value("--network");
  const auto graph_file = arguments.value("--graph");
  const Settings settings = settings_from(arguments);
  if (name && graph_file) usage(arguments, "--network and --graph both name a network", "one");
  if (!settings.empty() && !name) usage(arguments, "--set belongs to --network NAME");
  const bool file = !name && !graph_file;
  if (file && arguments.inputs().empty()) {
    usage(arguments, "no network", "MODEL, --network NAME or --graph FILE");
  }
  Network out = name         ? from_zoo(*name, settings)
                : graph_file ? from_graph_text(*graph_file)
                             : from_file(arguments.inputs().front(), weights);
  out.rest.assign(arguments.inputs().begin() + (file ? 1 : 0), arguments.inputs().end());
  if (!file && weights == Weights::kNeeded && !out.graph().params().empty()) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "this network has no weights",
                 .where = out.source,
                 .expected = "a model file",
                 .hint = "`fovea init` makes one with untrained weights, `fovea import` one with "
                         "those of a checkpoint"});
  }
  if (!file && weights == Weights::kAnyWill) out.model.params = init_params(out.graph(), 0);
  return out;
}

}  // namespace fovea::app
