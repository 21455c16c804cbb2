// fovea init: untrained weights by the paper's initialisation.
#include "graph/init.h"

#include <nlohmann/json.hpp>

#include "app/network.h"
#include "app/output.h"
#include "app/verbs/verbs.h"

namespace fovea::app {
namespace {

OptionSpecs options() {
  return network_options() + OptionSpecs{{"--seed", "S", "which random numbers; 0"},
                                         {"--storage", "f32|f16", "how weights are stored; f32"},
                                         output_option("M.fovea", "the model file"),
                                         force_option()};
}

int run(Context& context, const Arguments& arguments) {
  arguments.expect_inputs(0, 0, "");
  const std::string output = arguments.needed("--output");
  const Overwrite overwrite = overwrite_from(arguments);
  const auto seed = static_cast<uint64_t>(arguments.count("--seed", 0, 0, INT64_MAX));
  const Storage storage = storage_from(arguments);
  require_writable(output, overwrite);
  Network network = network_from(arguments, Weights::kNone);
  network.model.params = init_params(network.graph(), seed);
  save_model(output, network.model, storage, overwrite).value();
  const int64_t n_params = network.graph().n_params();
  if (context.console.json()) {
    context.console.json_result(nlohmann::ordered_json{{"model", json_text(output)},
                                                       {"network", network.graph().name()},
                                                       {"seed", seed},
                                                       {"params", n_params}});
  }
  context.console.note("wrote " + shown_path(output) + ": " + network.graph().name() + ", " +
                       std::to_string(n_params) + " untrained parameters");
  return 0;
}

}  // namespace

const Verb kInitVerb{
    .name = "init",
    .summary = "write a model file with untrained weights",
    .usage = "--network NAME [--set KEY=VALUE]... [--seed S] -o M.fovea",
    .description =
        "Weights start as the network's paper says. The same seed gives the same file on every "
        "machine. --graph FILE takes a network of your own in its text form.",
    .examples =
        "fovea init --network ranet-a-cifar10 -o m.fovea\n"
        "fovea init --network ranet --set nBlocks=1 --set num_classes=5 --seed 7 -o m.fovea",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
