// fovea train: a recipe becomes a trained model.
#include <nlohmann/json.hpp>

#include "app/execution.h"
#include "app/output.h"
#include "app/packing.h"
#include "app/table.h"
#include "app/verbs/verbs.h"
#include "data/codecs/file_set.h"

namespace fovea::app {
namespace {

OptionSpecs options() {
  return {
      output_option("RUN", "the folder of this run"),
      {"--resume", "", "go on from RUN's last checkpoint, exactly", Takes::kNothing},
      {"--stop-after-steps", "N", "stop after N steps of this call; --resume goes on"},
      {"--seed", "S", "another seed than the recipe's"},
      {"--set", "KEY=VALUE", "another value of a recipe's key; may be repeated", Takes::kMany},
      {"--init", "M.fovea", "start from these weights"},
      {"--device", "D",
       "cpu (the default), cuda or cuda:N; with cuda, processes of one machine take one each"},
      {"--threads", "T",
       "threads; without it as many as affinity and cgroup quota allow, resumed as many as before"},
      force_option(),
  };
}

int run(Context& context, const Arguments& arguments) {
  arguments.expect_inputs(1, 1, "one RECIPE");
  TrainArguments train{.recipe = arguments.inputs().front(),
                       .run_folder = arguments.needed("--output")};
  if (arguments.has("--resume")) train.resume = TrainArguments::Resume::kYes;
  if (arguments.has("--stop-after-steps")) {
    train.stop_after_steps = arguments.count("--stop-after-steps", 0, 1, INT64_MAX);
  }
  if (arguments.has("--seed")) {
    train.seed = static_cast<uint64_t>(arguments.count("--seed", 0, 0, INT64_MAX));
  }
  for (auto& setting : settings_from(arguments)) train.settings.emplace_back(setting);
  train.init_model = arguments.value_or("--init", "");
  train.device = arguments.value_or("--device", "cpu");
  train.threads = execution_from(context, arguments).threads;
  if (!arguments.has("--threads")) train.threads_of = TrainArguments::ThreadsOf::kMachine;
  train.overwrite = overwrite_from(arguments);
  if (context.hooks.train == nullptr) become_trainer(context);
  train.note = [&context](std::string_view line) { context.console.note(line); };
  train.pack = [&context, &train](const PackRequest& request) {
    return pack_for_training(request, train.threads, context.console);
  };
  train.decoder = picture_decoder();
  const TrainOutcome outcome = context.hooks.train(train).value();
  if (outcome.reports == TrainOutcome::Reports::kElsewhere) return 0;
  const bool finished = outcome.end == TrainOutcome::End::kFinished;
  if (context.console.json()) {
    nlohmann::ordered_json out{{"run", json_text(train.run_folder)},
                               {"finished", finished},
                               {"epochs", outcome.epochs},
                               {"steps", outcome.steps}};
    out["model"] = outcome.model.empty() ? nlohmann::ordered_json()
                                         : nlohmann::ordered_json(json_text(outcome.model));
    out["top1_per_exit"] = outcome.top1_per_exit;
    context.console.json_result(out);
  } else if (finished) {
    std::string accuracies;
    for (const double top1 : outcome.top1_per_exit) accuracies += " " + fixed(top1, 2);
    context.console.result(shown_path(outcome.model) + "\n");
    if (!accuracies.empty()) context.console.note("top-1 % per exit:" + accuracies);
  } else {
    context.console.note("stopped after " + std::to_string(outcome.steps) +
                         " steps; --resume goes on");
  }
  return 0;
}

}  // namespace

const Verb kTrainVerb{
    .name = "train",
    .summary = "train a network as a recipe says",
    .usage = "RECIPE -o RUN [--resume] [--stop-after-steps N] [--seed S] [--set KEY=VALUE]...",
    .description =
        "Needs a build with the learner (LibTorch). RUN receives recipe.toml (resolved), "
        "metrics.jsonl (epoch, step, lr, loss, loss_per_exit, top1_per_exit, images_per_s), the "
        "checkpoints last and best, and model.fovea. Data is packed first where it is no pack; a "
        "data set is looked up under $FOVEA_DATA and ./data. The same recipe, seed and number of "
        "threads give the same weights, resumed or not. Started by torchrun, mpirun or srun in "
        "several "
        "processes, these share every batch; the first one writes RUN.",
    .examples =
        "fovea train recipes/NAME.toml -o runs/first\n"
        "fovea train recipes/NAME.toml -o runs/first --resume\n"
        "fovea train recipes/NAME.toml -o runs/mine --set data.name=pictures/ --seed 3",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
