#include "eval/shift.h"

#include <algorithm>
#include <memory>

#include "eval/full_pass.h"

namespace fovea {
namespace {

std::vector<std::optional<Corruption>> all_corruptions(uint64_t seed) {
  std::vector<std::optional<Corruption>> out{std::nullopt};
  for (const CorruptionKind kind : kCorruptionKinds) {
    for (int strength = 1; strength <= kMaxCorruption; ++strength) {
      out.emplace_back(Corruption{.kind = kind, .strength = strength, .seed = seed});
    }
  }
  return out;
}

Result<AdaptiveReport> judged(const RecordedExits& recorded, const Graph& graph,
                              const Policy& policy) {
  FixedPolicy policies(policy);
  return evaluate_hindsight(recorded, graph, policies, recorded.table.n);
}

Result<ShiftRow> row_of(const RecordedExits& recorded, const Graph& graph, const ShiftPlan& plan) {
  ShiftRow row;
  Result<AdaptiveReport> last = judged(recorded, graph, Policy::last_exit());
  if (!last.ok()) return last.error();
  row.last = std::move(last).value();
  Result<AdaptiveReport> policy = judged(recorded, graph, plan.policy);
  if (!policy.ok()) return policy.error();
  row.policy = std::move(policy).value();
  if (plan.max_macs) {
    Policy capped = plan.policy;
    capped.max_macs = std::min(capped.max_macs.value_or(*plan.max_macs), *plan.max_macs);
    Result<AdaptiveReport> cap = judged(recorded, graph, capped);
    if (!cap.ok()) return cap.error();
    row.cap = std::move(cap).value();
  }
  if (plan.controller) {
    ControlledPolicy policies(plan.controller(), plan.policy.max_macs);
    Result<AdaptiveReport> control = evaluate_hindsight(recorded, graph, policies, plan.batch);
    if (!control.ok()) return control.error();
    row.control = std::move(control).value();
    row.control->control = policies.report();
  }
  return row;
}

/// One recording after the other.
RecordedExits joined(const std::vector<RecordedExits>& parts) {
  RecordedExits out{.table = {.n_exits = parts.front().table.n_exits}};
  for (const RecordedExits& part : parts) {
    out.table.n += part.table.n;
    out.labels.insert(out.labels.end(), part.labels.begin(), part.labels.end());
  }
  for (int exit = 0; exit < out.table.n_exits; ++exit) {
    for (const RecordedExits& part : parts) {
      const auto begin = static_cast<std::ptrdiff_t>(exit * part.table.n);
      const auto end = begin + static_cast<std::ptrdiff_t>(part.table.n);
      const auto& confidence = part.table.confidence;
      const auto& answer = part.table.answer;
      out.table.confidence.insert(out.table.confidence.end(), confidence.begin() + begin,
                                  confidence.begin() + end);
      out.table.answer.insert(out.table.answer.end(), answer.begin() + begin, answer.begin() + end);
    }
  }
  return out;
}

}  // namespace

Result<ShiftReport> measure_shift(Executor& executor, const DatasetPtr& data,
                                  const Transform& transform, const std::string& input,
                                  const ShiftPlan& plan) {
  const std::vector<std::optional<Corruption>> corruptions = all_corruptions(plan.seed);
  const int64_t total = data->size() * static_cast<int64_t>(corruptions.size());
  std::vector<RecordedExits> parts;
  ShiftReport report{.max_macs = plan.max_macs};
  for (const std::optional<Corruption>& corruption : corruptions) {
    const DatasetPtr pictures =
        corruption ? std::make_shared<const CorruptedDataset>(data, *corruption) : data;
    const DatasetSource source(pictures, transform, input);
    PassOptions pass{.batch = plan.batch, .warmups = 0};
    if (plan.progress) {
      const int64_t before = static_cast<int64_t>(parts.size()) * data->size();
      pass.progress = [&plan, before, total](int64_t done, int64_t) {
        plan.progress(before + done, total);
      };
    }
    Result<Scores> scores = record_scores(executor, source, pass);
    if (!scores.ok()) return scores.error();
    parts.push_back(
        {.table = exit_table(scores.value()), .labels = std::move(scores.value().labels)});
    Result<ShiftRow> row = row_of(parts.back(), executor.graph(), plan);
    if (!row.ok()) return row.error();
    row.value().corruption = corruption;
    report.rows.push_back(std::move(row).value());
  }
  Result<ShiftRow> sequence = row_of(joined(parts), executor.graph(), plan);
  if (!sequence.ok()) return sequence.error();
  report.sequence = std::move(sequence).value();
  return report;
}

}  // namespace fovea
