#include "eval/executed.h"

#include <algorithm>

#include "calibrate/hindsight.h"
#include "eval/anytime.h"
#include "graph/cost.h"

namespace fovea {
namespace {

/// Correct answers among the samples whose class is known.
std::optional<double> top1_of(const std::vector<int64_t>& answers,
                              const std::vector<int64_t>& labels) {
  int64_t known = 0;
  int64_t correct = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0) continue;
    ++known;
    if (answers[i] == labels[i]) ++correct;
  }
  return percent(correct, known);
}

}  // namespace

Result<AdaptiveReport> evaluate_executed(Executor& executor, const InputSource& source,
                                         const Policy& policy, const PassOptions& options) {
  const Result<ResolvedPolicy> resolved = resolve(policy, executor.graph(), source.n());
  if (!resolved.ok()) return resolved.error();
  AdaptiveReport report{
      .n = source.n(),
      .counts = std::vector<int64_t>(static_cast<size_t>(executor.graph().n_exits()), 0)};
  std::vector<int64_t> labels;
  double load_ms = 0;
  double run_ms = 0;
  double macs = 0;
  double warm_ms = 0;
  Ledger ledger;
  LoadTimes load_times;
  RunLedger run_ledger;
  RunLedger* const books = options.ledger ? &run_ledger : nullptr;
  const Stopwatch whole;
  Status status = for_each_batch(source.n(), options, [&](int64_t begin, int64_t end) -> Status {
    const Policy rules = policy_for_rows(policy, begin, end);
    const Stopwatch loading;
    Result<LabelledInputs> batch = source.load(begin, end, options.ledger ? &load_times : nullptr);
    if (!batch.ok()) return batch.error();
    load_ms += loading.ms();
    Outputs outputs;
    const RunOptions run{.policy = &rules, .ledger = books};
    const Stopwatch warming;
    for (int i = 0; begin == 0 && i < options.warmups; ++i) {
      Status warm = executor.run(batch.value().inputs, run, outputs);
      if (!warm.ok()) return warm;
    }
    if (begin == 0) warm_ms = warming.ms();
    const Stopwatch running;
    Status ran = executor.run(batch.value().inputs, run, outputs);
    const double took = running.ms();
    run_ms += took;
    if (!ran.ok()) return ran;
    if (books != nullptr) ledger.add_run(*books, outputs.work, took);
    const auto n_classes = static_cast<size_t>(outputs.logits.shape()[1]);
    for (int64_t i = 0; i < end - begin; ++i) {
      const auto place = static_cast<size_t>(i);
      report.answers.push_back(
          first_maximum(outputs.logits.data<float>().subspan(place * n_classes, n_classes)));
      report.exits.push_back(static_cast<int>(outputs.exit.data<int64_t>()[place]));
      ++report.counts[static_cast<size_t>(report.exits.back())];
      macs += static_cast<double>(outputs.macs.data<int64_t>()[place]);
    }
    labels.insert(labels.end(), batch.value().labels.begin(), batch.value().labels.end());
    return {};
  });
  if (!status.ok()) return status.error();
  if (options.ledger) {
    ledger.wall_ms = whole.ms() - warm_ms;
    ledger.add_load(load_times);
    report.ledger = std::move(ledger);
  }
  const auto n = static_cast<double>(report.n);
  report.top1 = top1_of(report.answers, labels);
  report.mean_macs = macs / n;
  report.run_ms = run_ms / n;
  report.ms = (load_ms + run_ms) / n;
  return report;
}

Result<AdaptiveReport> evaluate_hindsight(const Scores& scores, const Graph& graph,
                                          const Policy& policy) {
  if (policy.deadline_ms || !policy.points.empty()) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = policy.deadline_ms
                                 ? "a deadline cannot be judged from recorded scores"
                                 : "rules for decision points cannot be judged from recorded "
                                   "scores",
                     .where = "policy",
                     .hint = "execute the policy instead"};
  }
  const ExitTable table = exit_table(scores);
  Result<std::vector<int>> exits = exits_in_hindsight(table, policy, graph);
  if (!exits.ok()) return exits.error();
  const ResolvedPolicy resolved = resolve(policy, graph, scores.n()).value();
  const std::vector<int64_t> asked_macs = macs_when_leaving(graph, resolved.asked);
  AdaptiveReport report{.n = scores.n(),
                        .counts = std::vector<int64_t>(static_cast<size_t>(table.n_exits), 0),
                        .exits = std::move(exits).value()};
  double macs = 0;
  for (int64_t i = 0; i < report.n; ++i) {
    const int exit = report.exits[static_cast<size_t>(i)];
    const auto asked = std::find(resolved.asked.begin(), resolved.asked.end(), exit);
    macs += static_cast<double>(asked_macs[static_cast<size_t>(asked - resolved.asked.begin())]);
    ++report.counts[static_cast<size_t>(exit)];
    report.answers.push_back(table.answer_at(exit, i));
  }
  report.top1 = top1_of(report.answers, scores.labels);
  report.mean_macs = macs / static_cast<double>(report.n);
  return report;
}

}  // namespace fovea
