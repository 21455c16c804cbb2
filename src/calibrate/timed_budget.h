// From a budget of time to thresholds, where parts measured alone do not tell what a rule takes.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "calibrate/budget.h"
#include "fovea/error.h"

namespace fovea {

/// Mean wall time per sample, in milliseconds with loading, of runs in which sample i leaves at
/// exits[i].
using MeasuredLeaving = std::function<double(std::span<const int> exits)>;

/// A rule found for a mean time.
struct TimedBudget {
  FrontierPoint found;     ///< its cost is the sum of its segments' times
  double excess_ms = 0;    ///< what it takes beyond them, as measured
  double searched_ms = 0;  ///< the budget in segments' times for which it was found
  [[nodiscard]] double expected_ms() const { return found.result.cost + excess_ms; }
};

/// What a rule takes beyond its segments' times (small groups, threads that wait, caches) depends
/// on the rule. So each rule found is measured, in runs of `batch` samples that leave where those
/// of `data` do; the budget of the search is moved by what was missing, then between what took too
/// little and what took too much; up to six rules are tried, and the one that came nearest is
/// taken. `data` has costs in milliseconds. Errors (kUsage): none came near, and everybody at the
/// first exit takes more than the budget, or at the last exit less, as measured; the range stands
/// in the message, written by `shown`. What `measured` throws goes through.
[[nodiscard]] Result<TimedBudget> solve_timed_budget(
    const RuleData& data, std::span<const FrontierPoint> frontier, double budget_ms, int64_t batch,
    const MeasuredLeaving& measured, const std::function<std::string(double)>& shown);

}  // namespace fovea
