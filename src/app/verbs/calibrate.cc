// fovea calibrate: policies from held-out data, stored in the model.
#include <nlohmann/json.hpp>

#include "app/data_argument.h"
#include "app/execution.h"
#include "app/output.h"
#include "app/table.h"
#include "app/tensor_files.h"
#include "app/timed.h"
#include "app/verbs/verbs.h"
#include "base/words.h"
#include "calibrate/hindsight.h"
#include "calibrate/official.h"
#include "eval/anytime.h"
#include "eval/executed.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kUsualBatch = 64;

OptionSpecs options() {
  return data_options() +
         OptionSpecs{
             output_option("OUT.fovea", "the model file with the policies"),
             {"--in-place", "", "store them in MODEL itself", Takes::kNothing},
             {"--default", "NAME",
              "this policy also becomes `default`, which holds where no other "
              "is given"},
             force_option(),
         } +
         executor_options() + batch_options();
}

/// Half precision stays half precision.
Storage storage_of(const std::string& path) {
  const SafetensorsHeader header = tensor_header(path);
  for (const auto& each : header.entries) {
    if (each.second.dtype == DType::kF16) return Storage::kF16;
  }
  return Storage::kF32;
}

struct Row {
  OfficialPoint point;
  AdaptiveReport held_out;
};

Json json_of(const std::vector<Row>& rows) {
  Json out = Json::array();
  for (const Row& row : rows) {
    Json line{{"name", row.point.name},
              {"policy", Json::parse(policy_to_json(row.point.policy))},
              {"top1", row.held_out.top1 ? Json(*row.held_out.top1) : Json()},
              {"mean_macs", row.held_out.mean_macs},
              {"counts", row.held_out.counts}};
    out.push_back(std::move(line));
  }
  return out;
}

void set_default(Model& model, const std::string& name) {
  const auto found = model.policies.find(name);
  if (found != model.policies.end()) {
    model.policies["default"] = found->second;
    return;
  }
  std::vector<std::string> names;
  for (const auto& each : model.policies) names.push_back(each.first);
  const auto near = nearest(name, names);
  throw Error({.kind = ErrorKind::kUsage,
               .what = "no such policy",
               .where = "--default",
               .expected = std::string(official_name(0)) + " to " +
                           official_name(kOfficialPoints - 1) + " in steps of 0.05",
               .found = shown_path(name),
               .hint = near ? "perhaps '" + *near + "'" : std::string()});
}

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  arguments.expect_inputs(1, 1, "one MODEL");
  const std::string& input = arguments.inputs().front();
  const bool in_place = arguments.has("--in-place");
  if (in_place == arguments.has("--output")) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "where the policies go is unclear",
                 .where = "fovea calibrate",
                 .expected = "-o OUT.fovea or --in-place"});
  }
  const std::string output = in_place ? input : arguments.needed("--output");
  const Overwrite overwrite = in_place ? Overwrite::kAllow : overwrite_from(arguments);
  require_writable(output, overwrite);
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16);
  Network network = network_from(arguments, Weights::kNeeded);
  if (network.graph().n_exits() < 2) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "a network with one exit has nothing to calibrate",
                 .where = network.source});
  }
  const auto source = source_from(arguments, network, context.console);
  const auto executor = make_executor(context, network, execution);
  Progress progress(context.console, "recorded");
  const Scores scores =
      record_scores(*executor, *source, {.batch = batch, .progress = progress.callback()}).value();

  std::vector<Row> rows;
  for (OfficialPoint& point : solve_official(exit_table(scores))) {
    AdaptiveReport judged = evaluate_hindsight(scores, network.graph(), point.policy).value();
    network.model.policies[point.name] = policy_to_json(point.policy);
    rows.push_back({std::move(point), std::move(judged)});
  }
  if (const auto name = arguments.value("--default")) set_default(network.model, *name);
  network.model.metadata["fovea.calibration"] = Json{
      {"rule", "official"},
      {"data", json_text(arguments.needed("--data"))},
      {"split", json_text(arguments.value_or("--split", ""))},
      {"n", scores.n()}}.dump();
  save_model(output, network.model, storage_of(input), overwrite).value();

  if (context.console.json()) {
    context.console.json_result(
        Json{{"model", json_text(output)}, {"n", scores.n()}, {"policies", json_of(rows)}});
  } else {
    Table table({{"policy", Table::Align::kLeft}, {"top-1 %"}, {"Mmacs"}});
    for (const Row& row : rows) {
      table.add({row.point.name, row.held_out.top1 ? fixed(*row.held_out.top1, 2) : "-",
                 millions(row.held_out.mean_macs)});
    }
    context.console.result(table.text());
  }
  context.console.note("wrote " + shown_path(output) + ": " + std::to_string(rows.size()) +
                       " policies from " + std::to_string(scores.n()) + " samples");
  return 0;
}

}  // namespace

const Verb kCalibrateVerb{
    .name = "calibrate",
    .summary = "find policies on held-out data and store them in the model",
    .usage = "MODEL --data D --split S (-o OUT.fovea | --in-place) [options]",
    .description =
        "Records every exit's scores once and solves for thresholds by the published rule of RANet "
        "and MSDNet: exits get geometric quotas with ratio 0.05, 0.10, ... 1.95, small ratios "
        "leave "
        "early. The policies are stored as official-0.05 to official-1.95.\n"
        "Use data that the network was not trained on.",
    .examples =
        "fovea calibrate m.fovea --data cifar10 --split val -o calibrated.fovea\n"
        "fovea calibrate m.fovea --data pictures/ --split val --in-place --default "
        "official-0.80",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
