#include "calibrate/budget.h"

#include <algorithm>
#include <string>

#include "calibrate/coordinate.h"

namespace fovea {
namespace {

/// Answers that may be lost to spend what is left of a budget, as a share of the samples.
constexpr double kSpendingLoss = 1e-3;
/// Near enough to the budget.
constexpr double kSpent = 0.998;

FrontierPoint judged(const RuleData& data, ThresholdRule rule) {
  RuleResult result = data.judge(rule);
  return {.rule = std::move(rule), .result = std::move(result)};
}

bool is_better(const RuleResult& a, const RuleResult& b) {
  return a.value != b.value ? a.value > b.value : a.cost < b.cost;
}

/// The best of the points within the budget.
const FrontierPoint* best_within(std::span<const FrontierPoint> points, double budget) {
  const FrontierPoint* best = nullptr;
  for (const FrontierPoint& point : points) {
    if (point.result.cost > budget) continue;
    if (best == nullptr || is_better(point.result, best->result)) best = &point;
  }
  return best;
}

FrontierPoint improved(const RuleData& data, const FrontierPoint& start, double budget) {
  return judged(data, coordinate_ascent(data, start.rule, 1,
                                        [budget](const ThresholdChoice& a, const ThresholdChoice& b) {
                                          return a.cost <= budget && a.value > b.value + 1e-9;
                                        }));
}

/// Moves thresholds so that more of the budget is used while the value stays above `floor`.
FrontierPoint spent(const RuleData& data, const FrontierPoint& start, double budget, double floor) {
  if (start.result.cost >= kSpent * budget) return start;
  return judged(data, coordinate_ascent(data, start.rule, 1,
                                        [=](const ThresholdChoice& a, const ThresholdChoice& b) {
                                          return a.cost <= budget && a.value >= floor &&
                                                 a.cost > b.cost * (1 + 1e-9);
                                        }));
}

}  // namespace

BudgetRange budget_range(const RuleData& data) {
  const int last = data.n_exits() - 1;
  const int first = 0;
  return {.least = data.costs(std::span(&first, 1))[0],
          .most = data.costs(std::span(&last, 1))[static_cast<size_t>(last)]};
}

Result<FrontierPoint> solve_budget(const RuleData& data, std::span<const FrontierPoint> frontier,
                                   double budget,
                                   const std::function<std::string(double)>& shown) {
  const BudgetRange range = budget_range(data);
  if (!(budget >= range.least && budget <= range.most)) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "the budget is out of range",
                     .where = "--budget",
                     .expected = shown(range.least) + " (the first exit for everybody) to " +
                                 shown(range.most) + " (the last exit for everybody)",
                     .found = shown(budget)};
  }
  std::vector<FrontierPoint> starts{judged(data, ThresholdRule::only(0, data.n_exits()))};
  const std::vector<FrontierPoint> official = official_points(data);
  const FrontierPoint* published = best_within(official, budget);
  if (published != nullptr) starts.push_back(*published);
  std::vector<FrontierPoint> known;
  for (const FrontierPoint& point : frontier) known.push_back(judged(data, point.rule));
  known = undominated(std::move(known));
  // The dearest that are within the budget: a single start can be stuck.
  constexpr int kStarts = 4;
  int taken = 0;
  for (size_t i = known.size(); i-- > 0 && taken < kStarts;) {
    if (known[i].result.cost > budget) continue;
    starts.push_back(known[i]);
    ++taken;
  }
  FrontierPoint best = starts.front();
  for (const FrontierPoint& start : starts) {
    FrontierPoint found = improved(data, start, budget);
    if (is_better(found.result, best.result)) best = std::move(found);
  }
  const double least_value = published == nullptr ? 0 : published->result.value;
  const double floor =
      std::max(least_value, best.result.value - kSpendingLoss * static_cast<double>(data.n()));
  return spent(data, best, budget, floor);
}

}  // namespace fovea
