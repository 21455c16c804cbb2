// Thresholds at exits, judged on recorded scores at the cost of exactly the exits that are asked.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "calibrate/scores.h"
#include "fovea/policy.h"

namespace fovea {

/// Mean cost of leaving at each of the exits that are asked (ascending), in any unit: a
/// switched-off exit has no head, so the cost depends on the whole set.
using AskedCost = std::function<std::vector<double>(std::span<const int> asked)>;

/// Multiply-adds as the runtime counts them (macs_when_leaving). The graph must outlive it.
[[nodiscard]] AskedCost macs_of(const Graph& graph);

/// A policy of thresholds: where a sample leaves, and the exit at which everybody left over does.
struct ThresholdRule {
  std::vector<std::optional<float>>
      thresholds;  ///< [K]; nothing = off; from `last` on not looked at
  int last = 0;
  int patience = 0;  ///< of Policy; 0 = none

  [[nodiscard]] std::vector<int> asked() const;
  [[nodiscard]] Policy policy() const;
  /// Everybody leaves at one exit.
  static ThresholdRule only(int exit, int n_exits);
  /// Leaves where `patience` exits in a row agree; every exit up to `last` is asked.
  static ThresholdRule agreeing(int patience, int last, int n_exits);
};

/// The rule of a policy of thresholds, patience and a last exit; nothing where it holds anything
/// else.
[[nodiscard]] std::optional<ThresholdRule> rule_of(const Policy& policy, int n_exits);

/// What a rule gives on the samples.
struct RuleResult {
  std::vector<int64_t> counts;  ///< [K], samples that left at each exit
  int64_t correct = 0;
  double value = 0;  ///< what the search maximises; `correct` where changes are not penalised
  double cost = 0;   ///< mean per sample
};

/// Labelled samples, their confidences in order and the worth of leaving at each exit.
/// Thread-safety: none (costs are kept when first needed).
class RuleData {
 public:
  /// `table` and `labels` are copied; samples whose class is not known (-1) are never correct.
  /// Where `change_penalty` is above 0, an answer that is right at one and wrong at the other of an
  /// exit and the last exit costs so many right answers: rules that change few answers are found,
  /// whose loss can be bounded with fewer samples.
  RuleData(ExitTable table, std::vector<int64_t> labels, AskedCost cost, double change_penalty = 0);

  /// The same samples with another penalty.
  [[nodiscard]] RuleData penalised(double change_penalty) const;
  [[nodiscard]] const ExitTable& table() const { return table_; }
  [[nodiscard]] int n_exits() const { return table_.n_exits; }
  [[nodiscard]] int64_t n() const { return table_.n; }
  [[nodiscard]] bool correct(int exit, int64_t sample) const {
    return table_.answer_at(exit, sample) == labels_[static_cast<size_t>(sample)];
  }
  [[nodiscard]] double value(int exit, int64_t sample) const;
  /// Samples whose confidence at the exit is a number, most confident first.
  [[nodiscard]] std::span<const int32_t> order(int exit) const {
    return order_[static_cast<size_t>(exit)];
  }
  /// [K], cost of leaving at each exit asked; 0 at the others.
  [[nodiscard]] const std::vector<double>& costs(std::span<const int> asked) const;

  [[nodiscard]] std::vector<int> exits(const ThresholdRule& rule) const;
  [[nodiscard]] RuleResult judge(const ThresholdRule& rule) const;

 private:
  ExitTable table_;
  std::vector<int64_t> labels_;
  AskedCost cost_;
  double change_penalty_;
  std::vector<std::vector<int32_t>> order_;
  mutable std::map<std::vector<int>, std::vector<double>> costs_;
};

/// The rows of some samples.
[[nodiscard]] ExitTable rows_of(const ExitTable& table, std::span<const int64_t> samples);
[[nodiscard]] std::vector<int64_t> rows_of(std::span<const int64_t> labels,
                                           std::span<const int64_t> samples);

}  // namespace fovea
