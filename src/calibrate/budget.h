// From a budget to thresholds: the most accurate rule whose mean cost is within it.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "calibrate/frontier.h"
#include "fovea/error.h"

namespace fovea {

/// What can be asked for: the first exit alone to the last exit alone.
struct BudgetRange {
  double least = 0;
  double most = 0;
};
[[nodiscard]] BudgetRange budget_range(const RuleData& data);

/// The most accurate rule found that spends a mean cost on `data`: at most `budget`, and within 2 %
/// of it wherever such a rule is at least as accurate as the geometric family is at this budget. It
/// starts from `frontier` (of any samples of the same network) and that family, and improves one
/// threshold after the other. Errors (kUsage): a budget outside budget_range; the range stands in
/// the message, written by `shown`.
[[nodiscard]] Result<FrontierPoint> solve_budget(const RuleData& data,
                                                 std::span<const FrontierPoint> frontier,
                                                 double budget,
                                                 const std::function<std::string(double)>& shown);

}  // namespace fovea
