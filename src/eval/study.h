// The published evaluation of one network on data: anytime, budgeted batch (in hindsight and by
// running), and networks that do not adapt, on the same axes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "eval/anytime.h"
#include "eval/budgeted.h"
#include "eval/executed.h"
#include "eval/object_boxes.h"
#include "eval/reported_policy.h"
#include "fovea/graph.h"

namespace fovea {

/// Accuracy at a cost.
struct CostPoint {
  std::string name;
  double macs = 0;             ///< multiply-adds per sample
  std::optional<double> top1;  ///< per cent
  std::optional<double> top5;  ///< per cent
  std::optional<double> ms;    ///< mean wall time per sample, where it was run
};

/// The step curve of anytime prediction: a budget of b multiply-adds gives the accuracy of the last
/// exit whose macs_needed <= b (specs/ranet.md 8.1). One point per exit, where its step begins.
[[nodiscard]] std::vector<CostPoint> anytime_curve(std::span<const ExitAccuracy> accuracies,
                                                   const Graph& graph);
/// The value of a step curve at a budget; nothing below the first step.
[[nodiscard]] std::optional<double> accuracy_at(std::span<const CostPoint> steps, double macs);

/// Each exit as a network of its own: what it alone executes.
[[nodiscard]] std::vector<CostPoint> exits_as_static(std::span<const ExitAccuracy> accuracies,
                                                     const Graph& graph);

/// oracle_curve on these axes: "oracle up to exit 1".
[[nodiscard]] std::vector<CostPoint> oracle_points(const Scores& scores, const Graph& graph);

struct Study {
  int64_t n = 0;
  std::vector<ExitAccuracy> accuracies;  ///< of every exit, for random_top1 of the policies
  std::vector<CostPoint> anytime;
  std::vector<CostPoint> oracle;  ///< oracle_points
  std::optional<BudgetedReport> budgeted;
  std::vector<AdaptiveReport> executed;  ///< of the budgeted policies on the test samples, if run
  std::vector<CostPoint> baselines;
  std::optional<AdaptiveReport> adaptive;  ///< of `policy`
  ReportedPolicy policy;
  std::vector<SizeBin> by_size;
};

/// Runs every policy of a budgeted report on samples. `done` is called after each policy.
[[nodiscard]] Result<std::vector<AdaptiveReport>> execute_policies(
    Executor& executor, const InputSource& source, const BudgetedReport& report,
    const PassOptions& options, const std::function<void(int64_t done, int64_t total)>& done = {});

/// Mean wall time per sample of every point of anytime_curve and exits_as_static, by running them;
/// the first so many of `alone` are the exits. `done` is called after each pass.
[[nodiscard]] Status time_exits(Executor& executor, const InputSource& source,
                                const PassOptions& options, std::vector<CostPoint>& anytime,
                                std::vector<CostPoint>& alone,
                                const std::function<void(int64_t done, int64_t total)>& done = {});

/// docs/json.md, `eval` with --budgeted, --baseline, --boxes.
[[nodiscard]] std::string study_json(const Study& study, int64_t n_val);

}  // namespace fovea
