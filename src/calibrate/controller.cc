#include "calibrate/controller.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fovea {
namespace {

// Just outside of the range of scores.
constexpr float kEverybody = -0.001F;
constexpr float kNobody = 1.001F;

constexpr double kHorizonWindows = 4;
constexpr double kMostMore = 0.1;
constexpr double kMostLess = 0.5;
/// No batch may move the odds by more than this factor.
constexpr double kMostStep = 4;
constexpr double kLog2 = 0.6931471805599453;

void require(bool good, const char* what, std::string expected, std::string found) {
  if (good) return;
  throw Error({.kind = ErrorKind::kUsage,
               .what = what,
               .where = "budget controller",
               .expected = std::move(expected),
               .found = std::move(found)});
}

float mixed(float a, float b, double share) {
  return static_cast<float>(static_cast<double>(a) + share * static_cast<double>(b - a));
}

/// The steepest rise of the mean cost for a unit of the log of the odds.
double steepest(const RuleFamily& family, const RuleData& data) {
  constexpr double kFactor = 2;
  constexpr double kFarthest = 1024;
  double steepest = 0;
  double before = data.judge(family.at(1 / kFarthest)).cost;
  for (double factor = kFactor / kFarthest; factor <= kFarthest; factor *= kFactor) {
    const double cost = data.judge(family.at(factor)).cost;
    steepest = std::max(steepest, (cost - before) / kLog2);
    before = cost;
  }
  return steepest;
}

}  // namespace

RuleFamily::RuleFamily(ThresholdRule middle, const ExitTable& table) : middle_(std::move(middle)) {
  require(middle_.patience == 0, "a rule with patience has no thresholds to move", "patience 0",
          std::to_string(middle_.patience));
  for (int exit = 0; exit < middle_.last; ++exit) {
    const auto& threshold = middle_.thresholds[static_cast<size_t>(exit)];
    if (!threshold) continue;
    Ladder ladder{.exit = exit};
    for (const float confidence : table.confidences(exit)) {
      if (!std::isnan(confidence)) ladder.values.push_back(confidence);
    }
    std::sort(ladder.values.begin(), ladder.values.end());
    const auto place = std::lower_bound(ladder.values.begin(), ladder.values.end(), *threshold);
    ladder.own = static_cast<size_t>(place - ladder.values.begin());
    ladder.values.push_back(kNobody);
    ladder.values[ladder.own] = std::clamp(*threshold, kEverybody, kNobody);
    ladders_.push_back(std::move(ladder));
  }
}

ThresholdRule RuleFamily::at(double factor) const {
  ThresholdRule out = middle_;
  if (factor == 1) return out;
  for (const Ladder& ladder : ladders_) {
    auto& threshold = out.thresholds[static_cast<size_t>(ladder.exit)];
    if (factor <= kLowest || factor >= kHighest) {
      threshold = factor < 1 ? kEverybody : kNobody;
      continue;
    }
    // Share of samples that go on, half a sample away from none and all.
    const auto steps = static_cast<double>(ladder.values.size());
    const double own = (static_cast<double>(ladder.own) + 0.5) / steps;
    const double share = own * factor / (1 - own + own * factor);
    const double place = share * steps - 0.5;
    const auto last = ladder.values.size() - 1;
    if (place < 0) {
      threshold = mixed(ladder.values.front(), kEverybody, -2 * place);
    } else if (place >= static_cast<double>(last)) {
      threshold = mixed(ladder.values.back(), kNobody, 2 * (place - static_cast<double>(last)));
    } else {
      const auto below = static_cast<size_t>(place);
      threshold =
          mixed(ladder.values[below], ladder.values[below + 1], place - static_cast<double>(below));
    }
  }
  return out;
}

BudgetController::BudgetController(const RuleData& data, ThresholdRule rule, double budget,
                                   const ControlSettings& settings)
    : family_(rule, data.table()),
      rule_(std::move(rule)),
      budget_(budget),
      window_(static_cast<double>(settings.window)),
      slope_(steepest(family_, data)) {
  require(std::isfinite(budget) && budget > 0, "the budget is no mean cost", "a positive number",
          std::to_string(budget));
  require(settings.window >= 1, "the window is too short", "at least 1 sample",
          std::to_string(settings.window));
}

void BudgetController::spent(int64_t samples, double cost) {
  if (samples <= 0) return;
  const auto n = static_cast<double>(samples);
  samples_ += samples;
  cost_ += cost;
  const double horizon = kHorizonWindows * window_;
  credit_ = std::min(credit_ + n * budget_ - cost, kMostMore * budget_ * horizon);
  // A rule of one exit costs the same wherever it is.
  if (slope_ <= 0) return;
  const double correction = std::max(credit_ / horizon, -kMostLess * budget_);
  const double error = budget_ + correction - cost / n;
  const double step = std::min(n / window_, 1.0) * error / slope_;
  position_ *= step >= 0 ? std::min(1 + step, kMostStep) : 1 / std::min(1 - step, kMostStep);
  position_ = std::clamp(position_, RuleFamily::kLowest, RuleFamily::kHighest);
  rule_ = family_.at(position_);
}

double BudgetController::mean_cost() const {
  return samples_ == 0 ? 0 : cost_ / static_cast<double>(samples_);
}

}  // namespace fovea
