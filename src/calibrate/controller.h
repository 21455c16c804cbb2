// Keeping a mean cost on inputs that are not like the calibration's: feedback from what was spent.
#pragma once

#include <cstdint>
#include <vector>

#include "calibrate/rule.h"

namespace fovea {

/// Rules from "everybody leaves at the first exit asked" through a given one to "nobody leaves
/// before the last": at every exit the odds that a calibration sample goes on are multiplied by one
/// number. All thresholds rise with it, so that on any inputs no sample leaves earlier at a higher
/// place, and the exits asked are always the same.
/// Thread-safety: may be used by many threads.
class RuleFamily {
 public:
  static constexpr double kHighest = 1 << 20;  ///< here nobody leaves early
  static constexpr double kLowest = 1 / kHighest;

  /// `middle` is the rule at 1, `table` what calibration samples said at every exit, with scores
  /// from 0 to 1. Throws Error (kUsage) for a rule with patience, which has no thresholds to move.
  RuleFamily(ThresholdRule middle, const ExitTable& table);

  /// The rule at a factor of the odds, from kLowest to kHighest.
  [[nodiscard]] ThresholdRule at(double factor) const;

 private:
  /// An exit's confidences on calibration samples, ascending, with its own threshold at its place.
  struct Ladder {
    int exit = 0;
    size_t own = 0;             ///< samples below the exit's own threshold
    std::vector<float> values;  ///< samples + 1 values
  };
  ThresholdRule middle_;
  std::vector<Ladder> ladders_;
};

/// How quickly the controller answers.
struct ControlSettings {
  /// Samples after which an error of the mean cost is mostly gone. Less answers faster and moves
  /// thresholds more by chance.
  int64_t window = 128;
};

/// Moves along a RuleFamily by integral control: the log of the odds grows by the difference of the
/// target and what a batch spent, over window and slope of the cost (the steepest on calibration
/// samples, so that it does not swing). The target is the budget, and what was spent too much or
/// too little so far is made up for within four windows, which is critical damping. No more than a
/// tenth of the budget is added to the target, and credit from easy inputs beyond that is given up;
/// no more than a half is taken off.
///
/// What it cannot do: spend less than the first exit that its rule asks, or more than its last.
/// Deterministic: additions, multiplications and divisions of doubles alone.
/// Thread-safety: none. Source: online mirror of specs/survey.md 3.3 (b), the multiplier found by
/// feedback.
class BudgetController {
 public:
  /// `rule` is the best one for the budget on `data`, which also gives the costs. Throws Error
  /// (kUsage) for a rule with patience, a budget that is not positive or a window below 1.
  BudgetController(const RuleData& data, ThresholdRule rule, double budget,
                   const ControlSettings& settings = {});

  /// The rule for the next batch.
  [[nodiscard]] const ThresholdRule& rule() const { return rule_; }
  /// Tells what a batch cost altogether; no sample changes nothing.
  void spent(int64_t samples, double cost);

  [[nodiscard]] double budget() const { return budget_; }
  /// The factor of the odds; 1 at first, larger spends more.
  [[nodiscard]] double position() const { return position_; }
  /// Whether it has no more to take back while too much was spent.
  [[nodiscard]] bool exhausted() const { return position_ <= RuleFamily::kLowest && credit_ < 0; }
  /// Samples so far and what each cost on average (0 where there is none).
  [[nodiscard]] int64_t samples() const { return samples_; }
  [[nodiscard]] double mean_cost() const;

 private:
  RuleFamily family_;
  ThresholdRule rule_;
  double budget_;
  double window_;
  double slope_;
  double position_ = 1;
  double credit_ = 0;  ///< budget not spent so far, in cost
  int64_t samples_ = 0;
  double cost_ = 0;
};

}  // namespace fovea
