// From a budget to thresholds: the most accurate rule whose mean cost is within it.
#pragma once

#include <span>
#include <vector>

#include "calibrate/frontier.h"
#include "fovea/error.h"

namespace fovea {

/// What can be asked for: the first exit alone to the last exit alone.
struct BudgetRange {
  double least = 0;
  double most = 0;
};
[[nodiscard]] BudgetRange budget_range(const RuleData& data);

/// A rule whose mean cost on `data` is at most `budget`, and there at least as accurate as every
/// rule of the geometric family within it. It starts from `frontier` (of any samples of the same
/// network) and improves each threshold under the budget; what is left of the budget is spent where
/// that loses at most one answer in a thousand, since more work helps on average.
/// Errors (kUsage): a budget outside budget_range; the range stands in the message, written by
/// `shown`.
[[nodiscard]] Result<FrontierPoint> solve_budget(const RuleData& data,
                                                 std::span<const FrontierPoint> frontier,
                                                 double budget,
                                                 const std::function<std::string(double)>& shown);

}  // namespace fovea
