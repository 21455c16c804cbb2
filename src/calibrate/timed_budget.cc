#include "calibrate/timed_budget.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

namespace fovea {
namespace {

/// Farther from the budget than times spread: it may be one that no rule keeps.
constexpr double kFarOff = 0.1;

double excess_ms(const RuleData& data, const ThresholdRule& rule, int64_t batch,
                 const MeasuredLeaving& measured) {
  // Enough that small networks are seen in many groups; few where a sample takes long.
  constexpr double kMostMs = 250;
  constexpr double kMostSamples = 512;
  const double most = std::min(kMostSamples, kMostMs / std::max(data.judge(rule).cost, 1e-3));
  const std::vector<int> all = data.exits(rule);
  const std::vector<double>& costs = data.costs(rule.asked());
  // Whole runs, so that none of them begins anew.
  const int64_t n =
      std::max(std::min(data.n(), static_cast<int64_t>(most)) / batch, int64_t{1}) * batch;
  std::vector<int> exits;
  double told = 0;
  for (int64_t i = 0; i < n; ++i) {
    exits.push_back(all[static_cast<size_t>(i * data.n() / n)]);
    told += costs[static_cast<size_t>(exits.back())];
  }
  return measured(exits) - told / static_cast<double>(n);
}

/// A budget that was searched for, and the time that its rule took too much.
struct Tried {
  double searched = 0;
  double excess = 0;
};

/// Where to search next: between what took too little and what took too much, else by what is
/// missing.
double next_search(const std::optional<Tried>& below, const std::optional<Tried>& above,
                   const Tried& last, const BudgetRange& range) {
  double next = last.searched - last.excess;
  if (below && above) {
    // Not too near to an end: times are noisy, and rise in steps.
    constexpr double kMargin = 0.1;
    const double share = -below->excess / (above->excess - below->excess);
    next = below->searched +
           std::clamp(share, kMargin, 1 - kMargin) * (above->searched - below->searched);
  }
  return std::clamp(next, range.least, range.most);
}

/// An error where a budget that no rule came near lies outside what the ends take.
Status within_reach(const RuleData& data, double budget_ms, int64_t batch,
                    const MeasuredLeaving& measured,
                    const std::function<std::string(double)>& shown) {
  const auto taken = [&](int exit) {
    const ThresholdRule rule = ThresholdRule::only(exit, data.n_exits());
    return data.judge(rule).cost + excess_ms(data, rule, batch, measured);
  };
  const double least = taken(0);
  const double most = taken(data.n_exits() - 1);
  if (budget_ms >= least && budget_ms <= most) return {};
  return ErrorInfo{.kind = ErrorKind::kUsage,
                   .what = "the budget is out of range",
                   .where = "--budget",
                   .expected = shown(least) + " (the first exit for everybody) to " + shown(most) +
                               " (the last exit for everybody), as measured",
                   .found = shown(budget_ms)};
}

}  // namespace

Result<TimedBudget> solve_timed_budget(const RuleData& data,
                                       std::span<const FrontierPoint> frontier, double budget_ms,
                                       int64_t batch, const MeasuredLeaving& measured,
                                       const std::function<std::string(double)>& shown) {
  constexpr int kRounds = 6;
  constexpr double kClose = 0.01;
  batch = std::max<int64_t>(batch, 1);
  const BudgetRange range = budget_range(data);
  TimedBudget best;
  double nearest = INFINITY;
  double searched = std::clamp(budget_ms, range.least, range.most);
  std::optional<Tried> below;
  std::optional<Tried> above;
  for (int round = 0; round < kRounds && nearest > kClose * budget_ms; ++round) {
    Result<FrontierPoint> found = solve_budget(data, frontier, searched, shown);
    if (!found.ok()) return found.error();
    const double excess = excess_ms(data, found.value().rule, batch, measured);
    const Tried tried{.searched = searched,
                      .excess = found.value().result.cost + excess - budget_ms};
    (tried.excess < 0 ? below : above) = tried;
    if (std::abs(tried.excess) < nearest) {
      nearest = std::abs(tried.excess);
      best = {.found = std::move(found).value(), .excess_ms = excess, .searched_ms = searched};
    }
    searched = next_search(below, above, tried, range);
    // At an end of the range nothing more is to be found.
    if (searched == tried.searched) break;
  }
  if (nearest > kFarOff * budget_ms) {
    const Status reached = within_reach(data, budget_ms, batch, measured, shown);
    if (!reached.ok()) return reached.error();
  }
  return best;
}

}  // namespace fovea
