#include "calibrate/coordinate.h"

namespace fovea {

void for_each_threshold(const RuleData& data, const ThresholdRule& rule, int exit, int64_t stride,
                        const std::function<void(const ThresholdChoice&)>& visit) {
  FOVEA_CHECK(exit < rule.last && stride >= 1 && rule.patience == 0);
  ThresholdRule off = rule;
  off.thresholds[static_cast<size_t>(exit)].reset();
  ThresholdRule on = off;
  on.thresholds[static_cast<size_t>(exit)] = 0.0F;
  const std::vector<double>& cost_off = data.costs(off.asked());
  const std::vector<double>& cost_on = data.costs(on.asked());
  const std::vector<int> without = data.exits(off);
  const auto n = static_cast<double>(data.n());

  double value = 0;
  double sum_off = 0;
  double sum_on = 0;
  for (int64_t i = 0; i < data.n(); ++i) {
    const auto taken = static_cast<size_t>(without[static_cast<size_t>(i)]);
    value += data.value(static_cast<int>(taken), i);
    sum_off += cost_off[taken];
    sum_on += cost_on[taken];
  }
  visit({.threshold = std::nullopt, .value = value, .cost = sum_off / n});

  const auto confidence = data.table().confidences(exit);
  const double here = cost_on[static_cast<size_t>(exit)];
  int64_t left = 0;
  std::optional<float> threshold;
  for (const int32_t i : data.order(exit)) {
    const auto place = static_cast<size_t>(i);
    const int next = without[place];
    if (next < exit) continue;
    // Samples of equal confidence leave together.
    if (threshold && confidence[place] != *threshold && left % stride == 0) {
      visit({.threshold = threshold, .value = value, .cost = sum_on / n});
    }
    threshold = confidence[place];
    value += data.value(exit, i) - data.value(next, i);
    sum_on += here - cost_on[static_cast<size_t>(next)];
    ++left;
  }
  if (threshold) visit({.threshold = threshold, .value = value, .cost = sum_on / n});
}

ThresholdRule coordinate_ascent(
    const RuleData& data, ThresholdRule rule, int64_t stride,
    const std::function<bool(const ThresholdChoice& a, const ThresholdChoice& b)>& better) {
  if (rule.patience > 0) return rule;
  constexpr int kMostRounds = 30;
  const RuleResult start = data.judge(rule);
  ThresholdChoice present{.value = start.value, .cost = start.cost};
  for (int round = 0; round < kMostRounds; ++round) {
    bool changed = false;
    for (int exit = 0; exit < rule.last; ++exit) {
      std::optional<float>& threshold = rule.thresholds[static_cast<size_t>(exit)];
      std::optional<ThresholdChoice> best;
      for_each_threshold(data, rule, exit, stride, [&](const ThresholdChoice& choice) {
        if (better(choice, best ? *best : present)) best = choice;
      });
      if (!best) continue;
      threshold = best->threshold;
      present = *best;
      changed = true;
    }
    if (!changed) break;
  }
  return rule;
}

}  // namespace fovea
