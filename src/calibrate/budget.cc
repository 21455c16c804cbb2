#include "calibrate/budget.h"

#include <algorithm>
#include <optional>
#include <string>

#include "calibrate/coordinate.h"

namespace fovea {
namespace {

/// A mean cost from this share of the budget on has spent it.
constexpr double kSpent = 0.98;

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

/// The published rule at this budget: the point that spends most of it.
const FrontierPoint* dearest_within(std::span<const FrontierPoint> points, double budget) {
  const FrontierPoint* dearest = nullptr;
  for (const FrontierPoint& point : points) {
    if (point.result.cost > budget) continue;
    if (dearest == nullptr || point.result.cost > dearest->result.cost) dearest = &point;
  }
  return dearest;
}

FrontierPoint improved(const RuleData& data, const FrontierPoint& start, double budget) {
  return judged(data,
                coordinate_ascent(data, start.rule, 1,
                                  [budget](const ThresholdChoice& a, const ThresholdChoice& b) {
                                    return a.cost <= budget && a.value > b.value + 1e-9;
                                  }));
}

/// Moves thresholds until the budget is spent, then for accuracy while it stays so.
FrontierPoint spending(const RuleData& data, const FrontierPoint& start, double budget) {
  const auto spends = [budget](double cost) { return cost <= budget && cost >= kSpent * budget; };
  const auto better = [&](const ThresholdChoice& a, const ThresholdChoice& b) {
    if (a.cost > budget) return false;
    if (spends(a.cost)) return !spends(b.cost) || a.value > b.value + 1e-9;
    return !spends(b.cost) && a.cost > b.cost * (1 + 1e-9);
  };
  return judged(data, coordinate_ascent(data, start.rule, 1, better));
}

}  // namespace

BudgetRange budget_range(const RuleData& data) {
  const int last = data.n_exits() - 1;
  const int first = 0;
  return {.least = data.costs(std::span(&first, 1))[0],
          .most = data.costs(std::span(&last, 1))[static_cast<size_t>(last)]};
}

Result<FrontierPoint> solve_budget(const RuleData& data, std::span<const FrontierPoint> frontier,
                                   double budget, const std::function<std::string(double)>& shown) {
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
  for (const FrontierPoint* published :
       {best_within(official, budget), dearest_within(official, budget)}) {
    if (published != nullptr) starts.push_back(*published);
  }
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
  if (best.result.cost >= kSpent * budget) return best;
  // More work helps on average, even where these samples do not show it: the budget is spent, at no
  // less than the published rule gives for it.
  starts.push_back(best);
  std::optional<FrontierPoint> spent;
  for (const FrontierPoint& start : starts) {
    FrontierPoint found = spending(data, start, budget);
    if (found.result.cost < kSpent * budget) continue;
    if (!spent || is_better(found.result, spent->result)) spent = std::move(found);
  }
  const FrontierPoint* asked = dearest_within(official, budget);
  const bool worse = !spent || (asked != nullptr && spent->result.value < asked->result.value);
  return worse ? best : *spent;
}

}  // namespace fovea
