// fovea bench: own timings of a network, per exit and per layer.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/execution.h"
#include "app/measure.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/verbs/verbs.h"
#include "base/file.h"
#include "base/words.h"
#include "fovea/plan.h"

namespace fovea::app {
namespace {

using Json = nlohmann::ordered_json;

OptionSpecs options() {
  return network_options() +
         OptionSpecs{
             {"--batch", "N", "samples a run; 1"},
             {"--seconds", "S", "how long each figure is measured; 1"},
             {"--layers", "", "also every step of the plan, on one thread", Takes::kNothing},
         } +
         policy_options() + executor_options();
}

/// One line: what was run, and per sample how long it took and what it executed.
struct Line {
  std::string what;
  Timing timing;  ///< per sample
  double macs = 0;
};

class Bench {
 public:
  Bench(Context& context, const Network& network, const Execution& execution, int64_t batch,
        double seconds)
      : executor_(make_executor(context, network, execution)),
        inputs_(random_inputs(network.graph(), batch)),
        n_(static_cast<double>(batch)),
        seconds_(seconds) {}

  Line line(std::string what, const Policy* policy) {
    Outputs out;
    Timing timing =
        measured(seconds_, 5, [&] { executor_->run(inputs_, {.policy = policy}, out).value(); });
    timing.median_ms /= n_;
    timing.best_ms /= n_;
    return {
        .what = std::move(what), .timing = timing, .macs = static_cast<double>(out.work.macs) / n_};
  }

  [[nodiscard]] const NamedTensors& inputs() const { return inputs_; }

 private:
  std::unique_ptr<Executor> executor_;
  NamedTensors inputs_;
  double n_;
  double seconds_;
};

Json json_of(const Line& line) {
  return {{"ms", line.timing.median_ms},
          {"ms_best", line.timing.best_ms},
          {"rounds", line.timing.rounds},
          {"macs", line.macs},
          {"gflops", 2e-6 * line.macs / line.timing.median_ms}};
}

void add_line(Table& table, const Line& line) {
  table.add({line.what, millions(line.macs), fixed(line.timing.median_ms, 4),
             fixed(line.timing.best_ms, 4), fixed(1e3 / line.timing.median_ms, 0),
             fixed(2e-6 * line.macs / line.timing.median_ms, 1)});
}

double seconds_from(const Arguments& arguments) {
  const auto text = arguments.value("--seconds");
  if (!text) return 1.0;
  const auto value = parse_double(*text);
  if (value && *value >= 0 && *value <= 3600) return *value;
  throw Error({.kind = ErrorKind::kUsage,
               .what = "--seconds is out of range",
               .where = "fovea bench",
               .expected = "a number from 0 to 3600",
               .found = shown_path(*text)});
}

struct Layers {
  std::shared_ptr<const Plan> plan;
  std::vector<double> ms;
};

Json json_of(const Layers& layers) {
  Json out = Json::array();
  const PlanReport report = layers.plan->report();
  for (size_t i = 0; i < report.steps.size(); ++i) {
    out.push_back({{"name", report.steps[i].name},
                   {"op", report.steps[i].op},
                   {"kernel", report.steps[i].kernel},
                   {"exit", report.steps[i].segment},
                   {"macs", report.steps[i].macs},
                   {"ms", layers.ms[i]}});
  }
  return out;
}

std::string text_of(const Layers& layers) {
  Table table({{"step", Table::Align::kLeft},
               {"exit"},
               {"kernel", Table::Align::kLeft},
               {"Mmacs"},
               {"us"},
               {"GFLOP/s"}});
  const PlanReport report = layers.plan->report();
  for (size_t i = 0; i < report.steps.size(); ++i) {
    const StepReport& step = report.steps[i];
    if (layers.ms[i] <= 0) continue;
    table.add({step.name, std::to_string(step.segment), step.kernel,
               millions(static_cast<double>(step.macs)), fixed(layers.ms[i] * 1e3, 1),
               fixed(2e-6 * static_cast<double>(step.macs) / layers.ms[i], 1)});
  }
  return table.text();
}

int run(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const int64_t batch = arguments.count("--batch", 1, 1, 1 << 16);
  const double seconds = seconds_from(arguments);
  const Network network = network_from(arguments, Weights::kAnyWill);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const RunTimes times = run_times(context, network, execution, batch, nullptr);
  const auto policy =
      policy_from(arguments, network.model, {.console = &context.console, .times = &times});
  Bench bench(context, network, execution, batch, seconds);

  const Line all = bench.line("all exits", nullptr);
  std::vector<Line> exits;
  for (int e = 0; e < network.graph().n_exits(); ++e) {
    const Policy fixed_exit{.exit = e};
    exits.push_back(bench.line("exit " + std::to_string(e) + " alone", &fixed_exit));
  }
  std::optional<Line> adaptive;
  if (policy) adaptive = bench.line("policy", &*policy);
  Layers layers;
  if (arguments.has("--layers")) {
    layers.plan = Plan::make(network.graph(), network.model.params);
    layers.ms = step_times(layers.plan, bench.inputs(), policy ? &*policy : nullptr, seconds);
  }

  if (context.console.json()) {
    Json out{{"name", network.graph().name()},
             {"executor", std::string(executor_name(execution.kind))},
             {"batch", batch},
             {"threads", execution.threads},
             {"all_exits", json_of(all)},
             {"exits", Json::array()}};
    for (const Line& line : exits) out["exits"].push_back(json_of(line));
    if (adaptive) out["policy"] = json_of(*adaptive);
    if (layers.plan) out["layers"] = json_of(layers);
    context.console.json_result(out);
    return 0;
  }
  Table table({{"what", Table::Align::kLeft},
               {"Mmacs"},
               {"ms (median)"},
               {"ms (best)"},
               {"samples/s"},
               {"GFLOP/s"}});
  add_line(table, all);
  for (const Line& line : exits) add_line(table, line);
  if (adaptive) add_line(table, *adaptive);
  std::string text = network.graph().name() + ", batch " + std::to_string(batch) + ", " +
                     std::to_string(execution.threads) + " thread(s), " +
                     std::string(executor_name(execution.kind)) + "; per sample\n" + table.text();
  if (layers.plan) text += "\n" + text_of(layers);
  context.console.result(text);
  return 0;
}

}  // namespace

const Verb kBenchVerb{
    .name = "bench",
    .summary = "time a network: all exits, each exit alone, a policy, every layer",
    .usage = "MODEL | --network NAME | --graph FILE  [--batch N] [--layers] [policy] [options]",
    .description =
        "Inputs are random numbers, made before the clock starts; a network without a file gets "
        "untrained weights. Times are wall times per sample, the median and the best of many runs. "
        "What a policy saves on real data is what `fovea verify` measures.",
    .examples =
        "fovea bench --network ranet-a-cifar10 --threads 1\n"
        "fovea bench m.fovea --batch 64 --layers\n"
        "fovea bench m.fovea --max-macs 30M --json",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
