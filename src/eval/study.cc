#include "eval/study.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "eval/control_json.h"
#include "eval/references.h"
#include "eval/reported_policy_json.h"
#include "graph/cost.h"

namespace fovea {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json points_json(std::span<const CostPoint> points) {
  ordered_json out = ordered_json::array();
  for (const CostPoint& point : points) {
    out.push_back({{"name", point.name},
                   {"macs", point.macs},
                   {"top1", or_null(point.top1)},
                   {"top5", or_null(point.top5)},
                   {"ms", or_null(point.ms)}});
  }
  return out;
}

ordered_json adaptive_json(const AdaptiveReport& report, const Study& study) {
  ordered_json out{{"top1", or_null(report.top1)},
                   {"mean_macs", report.mean_macs},
                   {"ms", or_null(report.ms)},
                   {"counts", report.counts},
                   {"random_top1", or_null(random_top1(report.counts, study.accuracies))}};
  if (report.control) out["control"] = control_json(*report.control);
  return out;
}

ordered_json judged_json(const HindsightResult& result) {
  const auto n = static_cast<int64_t>(result.exits.size());
  return {{"top1", or_null(percent(result.correct, n))},
          {"mean_macs", static_cast<double>(result.cost)},
          {"counts", result.counts}};
}

ordered_json rows_json(const Study& study) {
  ordered_json rows = ordered_json::array();
  for (size_t i = 0; i < study.budgeted->rows.size(); ++i) {
    const BudgetedRow& row = study.budgeted->rows[i];
    ordered_json out{{"name", row.point.name},
                     {"thresholds", row.point.thresholds},
                     {"val", judged_json(row.val)},
                     {"test", judged_json(row.test)},
                     {"random_top1", or_null(random_top1(row.test.counts, study.accuracies))}};
    if (i < study.executed.size()) out["executed"] = adaptive_json(study.executed[i], study);
    rows.push_back(std::move(out));
  }
  return rows;
}

ordered_json sizes_json(std::span<const SizeBin> bins) {
  ordered_json out = ordered_json::array();
  for (const SizeBin& bin : bins) {
    out.push_back({{"low", bin.low},
                   {"high", bin.high},
                   {"n", bin.n},
                   {"exit_top1", bin.exit_top1},
                   {"adaptive_top1", or_null(bin.adaptive_top1)},
                   {"counts", bin.counts}});
  }
  return out;
}

}  // namespace

std::vector<CostPoint> anytime_curve(std::span<const ExitAccuracy> accuracies, const Graph& graph) {
  const std::vector<ExitCost> costs = exit_costs(graph);
  FOVEA_CHECK(costs.size() == accuracies.size());
  std::vector<CostPoint> out;
  for (size_t e = 0; e < costs.size(); ++e) {
    out.push_back({.name = "exit " + std::to_string(e),
                   .macs = static_cast<double>(costs[e].macs_needed),
                   .top1 = accuracies[e].top1_percent(),
                   .top5 = accuracies[e].top5_percent()});
  }
  return out;
}

std::optional<double> accuracy_at(std::span<const CostPoint> steps, double macs) {
  std::optional<double> out;
  for (const CostPoint& step : steps) {
    if (step.macs <= macs) out = step.top1;
  }
  return out;
}

std::vector<CostPoint> exits_as_static(std::span<const ExitAccuracy> accuracies,
                                       const Graph& graph) {
  std::vector<CostPoint> out = anytime_curve(accuracies, graph);
  const std::vector<ExitCost> costs = exit_costs(graph);
  for (size_t e = 0; e < out.size(); ++e) {
    out[e].name += " alone";
    out[e].macs = static_cast<double>(costs[e].macs_single);
  }
  return out;
}

std::vector<CostPoint> oracle_points(const Scores& scores, const Graph& graph) {
  std::vector<CostPoint> out;
  for (const OraclePoint& point : oracle_curve(exit_table(scores), scores.labels, graph)) {
    out.push_back({.name = "oracle up to exit " + std::to_string(point.last),
                   .macs = point.macs,
                   .top1 = percent(point.correct, point.n)});
  }
  return out;
}

Status time_exits(Executor& executor, const InputSource& source, const PassOptions& options,
                  std::vector<CostPoint>& anytime, std::vector<CostPoint>& alone,
                  const std::function<void(int64_t done, int64_t total)>& done) {
  const auto n_exits = static_cast<size_t>(executor.graph().n_exits());
  FOVEA_CHECK(anytime.size() == n_exits && alone.size() >= n_exits);
  int64_t passes = 0;
  const auto time = [&](CostPoint& point, const Policy& policy) -> Status {
    const Result<AdaptiveReport> ran = evaluate_executed(executor, source, policy, options);
    if (!ran.ok()) return ran.error();
    point.ms = ran.value().ms;
    if (done) done(++passes, 2 * static_cast<int64_t>(n_exits));
    return {};
  };
  for (size_t e = 0; e < n_exits; ++e) {
    ResolvedPolicy so_far = every_exit(executor.graph());
    so_far.asked.resize(e + 1);
    if (Status status = time(anytime[e], nobody_leaves(so_far)); !status.ok()) return status;
    const Policy only{.exit = static_cast<int>(e)};
    if (Status status = time(alone[e], only); !status.ok()) return status;
  }
  return {};
}

Result<std::vector<AdaptiveReport>> execute_policies(
    Executor& executor, const InputSource& source, const BudgetedReport& report,
    const PassOptions& options, const std::function<void(int64_t done, int64_t total)>& done) {
  std::vector<AdaptiveReport> out;
  const auto total = static_cast<int64_t>(report.rows.size());
  for (const BudgetedRow& row : report.rows) {
    Result<AdaptiveReport> ran = evaluate_executed(executor, source, row.point.policy, options);
    if (!ran.ok()) return ran.error();
    out.push_back(std::move(ran).value());
    if (done) done(static_cast<int64_t>(out.size()), total);
  }
  return out;
}

std::string study_json(const Study& study, int64_t n_val) {
  ordered_json out{{"n", study.n},
                   {"anytime", points_json(study.anytime)},
                   {"oracle", points_json(study.oracle)}};
  if (study.adaptive) {
    out["adaptive"] = adaptive_json(*study.adaptive, study);
    write_policy(study.policy, out);
  }
  if (study.budgeted) {
    out["n_val"] = n_val;
    out["rows"] = rows_json(study);
  }
  out["baselines"] = points_json(study.baselines);
  if (!study.by_size.empty()) out["by_size"] = sizes_json(study.by_size);
  return out.dump();
}

}  // namespace fovea
