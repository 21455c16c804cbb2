#include "calibrate/frontier.h"

#include <algorithm>
#include <cmath>

#include "calibrate/coordinate.h"
#include "calibrate/official.h"

namespace fovea {
namespace {

/// Thresholds are taken at every n/kGrid-th sample: a finer choice fits the noise of the samples.
constexpr int64_t kGrid = 200;
constexpr int kMultipliers = 40;

FrontierPoint judged(const RuleData& data, ThresholdRule rule) {
  RuleResult result = data.judge(rule);
  return {.rule = std::move(rule), .result = std::move(result)};
}

ThresholdRule best_at(const RuleData& data, double multiplier, ThresholdRule start) {
  const auto n = static_cast<double>(data.n());
  const auto worth = [&](const ThresholdChoice& c) { return c.value / n - multiplier * c.cost; };
  constexpr double kLeastGain = 1e-12;
  return coordinate_ascent(data, std::move(start), std::max<int64_t>(1, data.n() / kGrid),
                           [&](const ThresholdChoice& a, const ThresholdChoice& b) {
                             return worth(a) > worth(b) + kLeastGain;
                           });
}

/// Falling prices of cost: from "an exit later must gain three answers a sample" to "no price".
std::vector<double> multipliers(const RuleData& data) {
  const int last = data.n_exits() - 1;
  const int first = 0;
  const double dear = data.costs(std::span(&last, 1))[static_cast<size_t>(last)];
  const double cheap = data.costs(std::span(&first, 1))[0];
  const double span = std::max(dear - cheap, 1e-9 * std::max(dear, 1e-300));
  std::vector<double> out;
  constexpr double kHighest = 3;
  constexpr double kLowest = 3e-4;
  for (int i = 0; i < kMultipliers; ++i) {
    out.push_back(kHighest * std::pow(kLowest / kHighest, i / (kMultipliers - 1.0)) / span);
  }
  out.push_back(0);
  return out;
}

}  // namespace

std::vector<FrontierPoint> undominated(std::vector<FrontierPoint> points) {
  std::sort(points.begin(), points.end(), [](const FrontierPoint& a, const FrontierPoint& b) {
    return a.result.cost != b.result.cost ? a.result.cost < b.result.cost
                                          : a.result.value > b.result.value;
  });
  std::vector<FrontierPoint> out;
  for (FrontierPoint& point : points) {
    if (out.empty() || point.result.value > out.back().result.value) {
      out.push_back(std::move(point));
    }
  }
  return out;
}

std::vector<FrontierPoint> official_points(const RuleData& data) {
  std::vector<FrontierPoint> out;
  const auto add = [&](float q) {
    const std::vector<float> thresholds =
        quota_thresholds(data.table(), geometric_distribution(q, data.n_exits()));
    out.push_back(judged(data, *rule_of(policy_of_thresholds(thresholds), data.n_exits())));
  };
  for (const float q : official_ratios()) add(q);
  constexpr int kFiner = 60;
  for (int i = 0; i <= kFiner; ++i) {
    add(static_cast<float>(std::pow(10.0, -1.5 + 3.0 * i / kFiner)));
  }
  return out;
}

std::vector<FrontierPoint> lagrangian_frontier(const RuleData& data) {
  std::vector<FrontierPoint> pool = official_points(data);
  const std::vector<double> prices = multipliers(data);
  for (int last = 0; last < data.n_exits(); ++last) {
    pool.push_back(judged(data, ThresholdRule::only(last, data.n_exits())));
    if (last == 0) continue;
    for (int patience = 2; patience <= last; ++patience) {
      pool.push_back(judged(data, ThresholdRule::agreeing(patience, last, data.n_exits())));
    }
    ThresholdRule from_cheap = ThresholdRule::only(last, data.n_exits());
    for (int exit = 0; exit < last; ++exit) {
      from_cheap.thresholds[static_cast<size_t>(exit)] = -1.0F;
    }
    for (const double price : prices) {
      from_cheap = best_at(data, price, std::move(from_cheap));
      pool.push_back(judged(data, from_cheap));
    }
    ThresholdRule from_dear = ThresholdRule::only(last, data.n_exits());
    for (size_t i = prices.size(); i-- > 0;) {
      from_dear = best_at(data, prices[i], std::move(from_dear));
      pool.push_back(judged(data, from_dear));
    }
  }
  return undominated(std::move(pool));
}

}  // namespace fovea
