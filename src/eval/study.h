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

struct Study {
  int64_t n = 0;
  std::vector<CostPoint> anytime;
  std::optional<BudgetedReport> budgeted;
  std::vector<AdaptiveReport> executed;  ///< of the budgeted policies on the test samples, if run
  std::vector<CostPoint> baselines;
  std::optional<AdaptiveReport> adaptive;
  std::vector<SizeBin> by_size;
};

/// Runs every policy of a budgeted report on samples. `done` is called after each policy.
[[nodiscard]] Result<std::vector<AdaptiveReport>> execute_policies(
    Executor& executor, const InputSource& source, const BudgetedReport& report,
    const PassOptions& options, const std::function<void(int64_t done, int64_t total)>& done = {});

/// docs/json.md, `eval` with --budgeted, --baseline, --boxes.
[[nodiscard]] std::string study_json(const Study& study, int64_t n_val);

}  // namespace fovea
