// fovea eval: accuracy and cost of every exit, and of a policy.
#include <nlohmann/json.hpp>

#include "app/asked_policy.h"
#include "app/control_argument.h"
#include "app/data_argument.h"
#include "app/execution.h"
#include "app/picture_ledger.h"
#include "app/policy_argument.h"
#include "app/table.h"
#include "app/timed.h"
#include "app/verbs/eval_shift.h"
#include "app/verbs/eval_study.h"
#include "app/verbs/verbs.h"
#include "eval/anytime.h"
#include "eval/budgeted.h"
#include "eval/executed.h"
#include "eval/report_json.h"
#include "eval/scores_graph.h"
#include "graph/cost.h"
#include "model/safetensors.h"

namespace fovea::app {
namespace {

constexpr int64_t kUsualBatch = 64;

OptionSpecs options() {
  return network_options() + data_options() +
         OptionSpecs{
             {"--scores", "FILE",
              "recorded scores instead of a model: val_logits or val_probs "
              "[K,n,C], val_targets, the same for test, flops [K]"},
             {"--mode", "hindsight|executed",
              "judge the policy on recorded scores, or run it (gives ms); hindsight, but executed "
              "for a deadline or a budget of time"},
         } +
         study_options() + shift_options() + broken_options() + policy_options() +
         control_options() + executor_options() + batch_options();
}

std::string per_cent(const std::optional<double>& value) { return value ? fixed(*value, 2) : "-"; }

std::string report_text(const std::vector<ExitAccuracy>& accuracies,
                        const std::vector<ExitCost>& costs, const AdaptiveReport& adaptive) {
  Table table({{"exit"}, {"top-1 %"}, {"top-5 %"}, {"Mmacs"}, {"leave here"}});
  for (size_t e = 0; e < accuracies.size(); ++e) {
    table.add({std::to_string(e), per_cent(accuracies[e].top1_percent()),
               per_cent(accuracies[e].top5_percent()), millions(static_cast<double>(costs[e].macs)),
               e < adaptive.counts.size() ? std::to_string(adaptive.counts[e]) : "0"});
  }
  std::string out = std::to_string(adaptive.n) + " samples\n" + table.text();
  out += "adaptive: top-1 " + per_cent(adaptive.top1) + " %, " + millions(adaptive.mean_macs) +
         " Mmacs a sample";
  if (adaptive.ms) out += ", " + fixed(*adaptive.ms, 3) + " ms a sample";
  out += "\n";
  if (adaptive.ledger) out += "\nwhere the time went\n" + ledger_text(*adaptive.ledger);
  return out;
}

int eval_model(Context& context, const Arguments& arguments) {
  const Execution execution = execution_from(context, arguments);
  const int64_t batch = arguments.count("--batch", kUsualBatch, 1, 1 << 16);
  (void)asked_mode(arguments);  // refuses what is senseless before anything is read
  const Network network = network_from(arguments, Weights::kNeeded);
  arguments.expect_inputs(0, network.file.empty() ? 0 : 1, "one MODEL");
  const auto source = source_from(arguments, network, context.console);
  const RunTimes times = run_times(context, network, execution, batch, source.get());
  AskedPolicy policy(context, arguments, network.model, times);
  const auto executor = make_executor(context, network, execution);

  Progress full_progress(context.console, "recorded");
  const Scores scores =
      record_scores(*executor, *source, {.batch = batch, .progress = full_progress.callback()})
          .value();
  Progress adaptive_progress(context.console, "executed");
  const AdaptiveReport adaptive =
      policy.report(scores, *executor, *source,
                    {.batch = batch, .ledger = true, .progress = adaptive_progress.callback()});
  const std::vector<ExitAccuracy> accuracies = anytime_accuracy(scores);
  const std::vector<ExitCost> costs = exit_costs(network.graph());
  if (context.console.json()) {
    context.console.result(evaluation_json(accuracies, costs, adaptive, policy.reported()) + "\n");
  } else {
    context.console.result(report_text(accuracies, costs, adaptive));
  }
  return 0;
}

/// The published evaluation by running every policy: exits are rows of the input.
Status execute_rows(Context& context, const Execution& execution, const Scores& scores,
                    HindsightResult BudgetedRow::*part, BudgetedReport& report) {
  Network network{.model = {.graph = scores_graph(scores.n_exits(), scores.n_classes())},
                  .source = "recorded scores"};
  const auto executor = make_executor(context, network, execution);
  const TensorSource source({{"input", scores_as_input(scores)}}, scores.labels);
  const ExitTable table = exit_table(scores);
  for (BudgetedRow& row : report.rows) {
    Result<AdaptiveReport> ran =
        evaluate_executed(*executor, source, row.point.policy, {.batch = scores.n(), .warmups = 0});
    if (!ran.ok()) return ran.error();
    row.*part = judge(scores, table, std::move(ran.value().exits));
  }
  return {};
}

std::string budgeted_text(const BudgetedReport& report, const Scores& val, const Scores& test) {
  Table table({{"policy", Table::Align::kLeft},
               {"val %"},
               {"val cost"},
               {"test %"},
               {"test cost"},
               {"leave at each exit (test)", Table::Align::kLeft}});
  const auto rate = [](int64_t correct, int64_t n) { return per_cent(percent(correct, n)); };
  for (const BudgetedRow& row : report.rows) {
    std::string counts;
    for (const int64_t count : row.test.counts) counts += std::to_string(count) + " ";
    table.add({row.point.name, rate(row.val.correct, val.n()),
               fixed(static_cast<double>(row.val.cost), 1), rate(row.test.correct, test.n()),
               fixed(static_cast<double>(row.test.cost), 1), counts});
  }
  return table.text();
}

int eval_scores(Context& context, const Arguments& arguments, const std::string& path) {
  arguments.expect_inputs(0, 0, "");
  Execution execution = execution_from(context, arguments);
  const bool executed = asked_mode(arguments) == EvalMode::kExecuted;
  TensorFile file = read_safetensors(path).value();
  if (executed) {
    // What runs are logits; thresholds are then those of our own softmax.
    for (const char* key : {"val_probs", "test_probs"}) file.tensors.erase(key);
  }
  const std::string source = shown_path(path);
  const Scores val = scores_from_tensors(file.tensors, "val", source).value();
  const Scores test = scores_from_tensors(file.tensors, "test", source).value();
  BudgetedReport report = budgeted_batch(val, test).value();
  if (executed) {
    execute_rows(context, execution, val, &BudgetedRow::val, report).value();
    execute_rows(context, execution, test, &BudgetedRow::test, report).value();
  }
  context.console.result(context.console.json() ? budgeted_json(report) + "\n"
                                                : budgeted_text(report, val, test));
  return 0;
}

int run(Context& context, const Arguments& arguments) {
  if (const auto scores = arguments.value("--scores")) {
    return eval_scores(context, arguments, *scores);
  }
  if (wants_shift(arguments)) return eval_shift(context, arguments);
  return wants_study(arguments) ? eval_study(context, arguments) : eval_model(context, arguments);
}

}  // namespace

const Verb kEvalVerb{
    .name = "eval",
    .summary = "accuracy, cost and time of every exit and of a policy on labelled data",
    .usage =
        "MODEL --data D --split S [--mode hindsight|executed] [policy] [options]\n"
        "       fovea eval MODEL --data D --split S [--budgeted] [--baseline MODEL]... [--boxes "
        "FILE] "
        "[--svg FILE]\n"
        "       fovea eval MODEL --data D --split S --shift --budget N [--max-macs N]\n"
        "       fovea eval --scores FILE [--mode hindsight|executed] [--json]",
    .description =
        "Every exit is recorded for every sample; then the policy is judged on these scores "
        "(hindsight), or run (executed). With --scores it is the published budgeted evaluation: 39 "
        "sets of thresholds from the val scores, applied to val and test.\n"
        "Accuracies are in per cent; ms is the mean wall time of a sample, loading included; "
        "a run also says where its time went.",
    .examples =
        "fovea eval models/NAME.fovea --data cifar10 --split test\n"
        "fovea eval models/NAME.fovea --data cifar10 --split test --threshold 0.9 --mode "
        "executed --batch 32 --json\n"
        "fovea eval calibrated.fovea --data cifar10 --split test --budget 25M\n"
        "fovea eval models/NAME.fovea --data cifar10 --split test --budgeted --mode executed --svg "
        "curves.svg\n"
        "fovea eval calibrated.fovea --data cifar10 --split test --corrupt noise:3 --budget 25M "
        "--control\n"
        "fovea eval --scores scores.safetensors --json",
    .options = options,
    .run = run,
};

}  // namespace fovea::app
