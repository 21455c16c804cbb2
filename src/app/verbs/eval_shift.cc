#include "app/verbs/eval_shift.h"

#include "app/control_argument.h"
#include "app/data_argument.h"
#include "app/execution.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/timed.h"
#include "base/words.h"
#include "eval/robust_json.h"
#include "eval/shift.h"

namespace fovea::app {
namespace {

constexpr int64_t kUsualBatch = 64;
constexpr int64_t kMostBatch = 1 << 16;

void refuse(const Arguments& arguments, const char* option, const char* why) {
  if (!arguments.has(option)) return;
  throw Error({.kind = ErrorKind::kUsage,
               .what = std::string(option) + " does not go with --shift: " + why,
               .where = "command line"});
}

/// --max-macs, else the budget: the cap under which no picture costs more.
std::optional<int64_t> cap_of(const Arguments& arguments, const Policy& policy) {
  if (policy.max_macs) return policy.max_macs;
  const auto budget = arguments.value("--budget");
  return budget ? parse_count(*budget) : std::nullopt;
}

std::vector<std::string> cells_of(const std::string& name, const ShiftRow& row) {
  std::vector<std::string> out{name};
  const auto add = [&out](const AdaptiveReport* report) {
    out.push_back(report != nullptr && report->top1 ? fixed(*report->top1, 2) : "-");
    out.push_back(report != nullptr ? millions(report->mean_macs) : "-");
  };
  add(&row.last);
  add(&row.policy);
  add(row.cap ? &*row.cap : nullptr);
  add(row.control ? &*row.control : nullptr);
  return out;
}

std::string report_text(const ShiftReport& report) {
  Table table({{"pictures", Table::Align::kLeft},
               {"last %"},
               {"Mmacs"},
               {"policy %"},
               {"Mmacs"},
               {"cap %"},
               {"Mmacs"},
               {"control %"},
               {"Mmacs"}});
  for (const ShiftRow& row : report.rows) {
    table.add(cells_of(row.corruption ? row.corruption->text() : "as they are", row));
  }
  table.add(cells_of("one after the other", report.sequence));
  return std::to_string(report.rows.front().last.n) + " samples a row\n" + table.text();
}

}  // namespace

OptionSpecs shift_options() {
  return {{"--shift", "",
           "a table over noise, blur and contrast at every strength: the last exit, the policy, "
           "the policy under a cap (--max-macs, else --budget), and the budget under control",
           Takes::kNothing},
          {"--shift-seed", "S", "of the noise; 0"}};
}

bool wants_shift(const Arguments& arguments) { return arguments.has("--shift"); }

void check_shift(const Arguments& arguments) {
  if (!wants_shift(arguments)) return;
  (void)arguments.needed("--data");
  refuse(arguments, "--corrupt", "it tries every corruption");
  refuse(arguments, "--deadline", "recorded scores cannot judge it");
  refuse(arguments, "--mode", "every row is judged on recorded scores");
  refuse(arguments, "--control", "it measures with control and without");
  refuse(arguments, "--no-control", "it measures with control and without");
}

ShiftPlan shift_plan(const Arguments& arguments, const Model& model, Policy policy) {
  const std::optional<int64_t> cap = cap_of(arguments, policy);
  (void)resolve({.max_macs = cap}, model.graph).value();
  // The column of the policy shows what it does without the cap.
  policy.max_macs.reset();
  ShiftPlan plan{.policy = policy,
                 .max_macs = cap,
                 .batch = arguments.count("--batch", kUsualBatch, 1, kMostBatch),
                 .seed = static_cast<uint64_t>(arguments.count("--shift-seed", 0, 0, INT64_MAX))};
  if (arguments.has("--budget")) {
    plan.controller = [controller = budget_controller(arguments, model, policy)] {
      return controller;
    };
  }
  return plan;
}

ShiftReport shift_of(Context& context, const Network& network, const DatasetPtr& data,
                     Executor& executor, ShiftPlan plan) {
  Progress progress(context.console, "recorded");
  plan.progress = progress.callback();
  return measure_shift(executor, data, transform_of(network), input_name(network), plan).value();
}

int eval_shift(Context& context, const Arguments& arguments) {
  check_shift(arguments);
  const Execution execution = execution_from(context, arguments);
  const Network network = network_from(arguments, Weights::kNeeded);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const Policy policy =
      policy_or_default(arguments, network.model, {.console = &context.console, .times = nullptr});
  ShiftPlan plan = shift_plan(arguments, network.model, policy);
  const DatasetPtr data = labelled_data_from(arguments, network, context.console);
  const auto executor = make_executor(context, network, execution);
  const ShiftReport report = shift_of(context, network, data, *executor, std::move(plan));
  context.console.result(context.console.json() ? shift_json(report) + "\n" : report_text(report));
  return 0;
}

}  // namespace fovea::app
