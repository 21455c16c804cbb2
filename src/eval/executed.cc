#include "eval/executed.h"

#include <algorithm>
#include <numeric>

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

ErrorInfo not_recorded(const Policy& policy) {
  return {.kind = ErrorKind::kUsage,
          .what = policy.deadline_ms ? "a deadline cannot be judged from recorded scores"
                                     : "rules for decision points cannot be judged from recorded "
                                       "scores",
          .where = "policy",
          .hint = "execute the policy instead"};
}

/// Executed multiply-adds of samples that left at these exits.
std::vector<int64_t> macs_of_exits(const std::vector<int>& exits, const std::vector<int>& asked,
                                   const Graph& graph) {
  const std::vector<int64_t> asked_macs = macs_when_leaving(graph, asked);
  std::vector<int64_t> out;
  out.reserve(exits.size());
  for (const int exit : exits) {
    const auto place = std::find(asked.begin(), asked.end(), exit);
    out.push_back(asked_macs[static_cast<size_t>(place - asked.begin())]);
  }
  return out;
}

}  // namespace

Result<AdaptiveReport> evaluate_executed(Executor& executor, const InputSource& source,
                                         const Policy& policy, const PassOptions& options) {
  const Result<ResolvedPolicy> resolved = resolve(policy, executor.graph(), source.n());
  if (!resolved.ok()) return resolved.error();
  FixedPolicy policies(policy);
  return evaluate_executed(executor, source, policies, options);
}

Result<AdaptiveReport> evaluate_executed(Executor& executor, const InputSource& source,
                                         PolicyStream& policies, const PassOptions& options) {
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
    const Policy rules = policies.next(begin, end);
    const Stopwatch loading;
    Result<LabelledInputs> batch = source.load(begin, end, options.ledger ? &load_times : nullptr);
    if (!batch.ok()) return batch.error();
    const double loaded = loading.ms();
    load_ms += loaded;
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
    policies.ran({.macs = outputs.macs.data<int64_t>(), .ms = loaded + took});
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

Status check_judgeable(const Policy& policy) {
  if (policy.deadline_ms || !policy.points.empty()) return not_recorded(policy);
  return {};
}

Result<AdaptiveReport> evaluate_hindsight(const Scores& scores, const Graph& graph,
                                          const Policy& policy) {
  FixedPolicy policies(policy);
  return evaluate_hindsight({.table = exit_table(scores), .labels = scores.labels}, graph, policies,
                            scores.n());
}

Result<AdaptiveReport> evaluate_hindsight(const RecordedExits& recorded, const Graph& graph,
                                          PolicyStream& policies, int64_t batch) {
  const ExitTable& table = recorded.table;
  AdaptiveReport report{.n = table.n,
                        .counts = std::vector<int64_t>(static_cast<size_t>(table.n_exits), 0)};
  double macs = 0;
  const Status status =
      for_each_batch(table.n, {.batch = batch}, [&](int64_t begin, int64_t end) -> Status {
        const Policy policy = policies.next(begin, end);
        Status judgeable = check_judgeable(policy);
        if (!judgeable.ok()) return judgeable;
        std::vector<int64_t> samples(static_cast<size_t>(end - begin));
        std::iota(samples.begin(), samples.end(), begin);
        Result<std::vector<int>> exits = exits_in_hindsight(rows_of(table, samples), policy, graph);
        if (!exits.ok()) return exits.error();
        const ResolvedPolicy resolved = resolve(policy, graph, end - begin).value();
        const std::vector<int64_t> each = macs_of_exits(exits.value(), resolved.asked, graph);
        for (size_t i = 0; i < each.size(); ++i) {
          const int exit = exits.value()[i];
          macs += static_cast<double>(each[i]);
          ++report.counts[static_cast<size_t>(exit)];
          report.exits.push_back(exit);
          report.answers.push_back(table.answer_at(exit, samples[i]));
        }
        policies.ran({.macs = each});
        return {};
      });
  if (!status.ok()) return status.error();
  report.top1 = top1_of(report.answers, recorded.labels);
  report.mean_macs = macs / static_cast<double>(report.n);
  return report;
}

}  // namespace fovea
