// The budget controller on recorded scores whose kind changes while it runs.
#include "calibrate/controller.h"

#include <gmock/gmock.h>

#include <functional>

#include "calibrate/budget.h"
#include "calibrate/frontier.h"
#include "recorded.h"

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr int kExits = 4;
constexpr double kBudget = 22;  // of 11 (first exit) to 44 (all asked)

std::string plain(double cost) { return std::to_string(cost); }

RuleData data_of(Recorded samples) {
  return {std::move(samples.table), std::move(samples.labels), trunk_and_heads};
}

RuleData calibration() { return data_of(recorded(kExits, 3000, 1)); }

ThresholdRule best_rule(const RuleData& data, double budget = kBudget) {
  std::vector<FrontierPoint> points;
  for (FrontierPoint& point : lagrangian_frontier(data)) {
    if (point.rule.patience == 0) points.push_back(std::move(point));
  }
  return solve_budget(data, points, budget, plain).value().rule;
}

/// Other samples, every confidence changed.
ExitTable shifted(uint64_t seed, const std::function<float(float)>& change) {
  ExitTable table = recorded(kExits, 6400, seed).table;
  for (float& confidence : table.confidence) confidence = change(confidence);
  return table;
}
float unsure(float c) { return 0.1F + 0.6F * (c - 0.1F); }
float sure(float c) { return 1 - 0.5F * (1 - c); }
float same(float c) { return c; }

/// Mean costs of consecutive batches of one stream.
class Stream {
 public:
  explicit Stream(int64_t batch) : batch_(batch) {}

  /// The controller chooses the rule of every batch; null: `fixed` holds.
  void feed(const ExitTable& table, BudgetController* controller, const ThresholdRule& fixed) {
    for (int64_t begin = 0; begin < table.n; begin += batch_) {
      const int64_t n = std::min(batch_, table.n - begin);
      std::vector<int64_t> samples;
      for (int64_t i = begin; i < begin + n; ++i) samples.push_back(i);
      const RuleData data(rows_of(table, samples), std::vector<int64_t>(samples.size(), 0),
                          trunk_and_heads);
      const double mean = data.judge(controller != nullptr ? controller->rule() : fixed).cost;
      if (controller != nullptr) controller->spent(n, mean * static_cast<double>(n));
      means_.push_back(mean);
    }
  }
  [[nodiscard]] size_t n_batches() const { return means_.size(); }
  /// Of batches first .. last-1.
  [[nodiscard]] double mean(size_t first, size_t last) const {
    double sum = 0;
    for (size_t i = first; i < last; ++i) sum += means_[i];
    return sum / static_cast<double>(last - first);
  }

 private:
  int64_t batch_;
  std::vector<double> means_;
};

TEST(RuleFamily, NoSampleLeavesEarlierAtAHigherPlaceOnAnyInputs) {
  const RuleData data = calibration();
  const ThresholdRule rule = best_rule(data);
  ASSERT_GT(rule.asked().size(), 1U);
  const RuleFamily family(rule, data.table());
  EXPECT_EQ(family.at(1).thresholds, rule.thresholds);
  for (const auto& change : {same, unsure, sure}) {
    const RuleData other(shifted(2, change), std::vector<int64_t>(6400, 0), trunk_and_heads);
    std::vector<int> before(6400, rule.asked().front());
    EXPECT_EQ(other.exits(family.at(RuleFamily::kLowest)), before);
    for (double factor = RuleFamily::kLowest; factor <= RuleFamily::kHighest; factor *= 1.7) {
      const std::vector<int> exits = other.exits(family.at(factor));
      for (size_t i = 0; i < exits.size(); ++i) ASSERT_GE(exits[i], before[i]) << factor;
      before = exits;
    }
    EXPECT_EQ(other.exits(family.at(RuleFamily::kHighest)), std::vector<int>(6400, rule.last));
  }
}

TEST(RuleFamily, HoldsForRulesAtTheirEnds) {
  const RuleData data = calibration();
  ThresholdRule rule = ThresholdRule::only(3, kExits);
  rule.thresholds[0] = -1e8F;
  rule.thresholds[1] = 1e8F;
  const RuleFamily family(rule, data.table());
  double before = 0;
  for (const double factor : {1e-6, 1e-3, 1.0, 1e3, 1e6}) {
    const double cost = data.judge(family.at(factor)).cost;
    EXPECT_GE(cost, before);
    before = cost;
  }
  EXPECT_GT(before, 40);
  EXPECT_THROW(RuleFamily(ThresholdRule::agreeing(2, 3, kExits), data.table()), Error);
}

TEST(BudgetController, ReturnsToTheBudgetAfterTheInputsChanged) {
  const RuleData data = calibration();
  const ThresholdRule rule = best_rule(data);
  constexpr int64_t kBatch = 64;
  for (const auto& change : {unsure, sure}) {
    Stream alone(kBatch);
    alone.feed(shifted(3, same), nullptr, rule);
    const size_t middle = alone.n_batches();
    alone.feed(shifted(4, change), nullptr, rule);
    // Without control the mean leaves the budget by far more than a tenth.
    EXPECT_GT(std::abs(alone.mean(middle, 2 * middle) / kBudget - 1), 0.15);

    BudgetController controller(data, rule, kBudget);
    Stream kept(kBatch);
    kept.feed(shifted(3, same), &controller, rule);
    EXPECT_NEAR(kept.mean(0, middle), kBudget, 0.02 * kBudget);
    kept.feed(shifted(4, change), &controller, rule);
    // It pays back what the change cost; from the 25th batch on means of 15 batches are within 5 %.
    for (size_t first = middle + 25; first + 15 <= kept.n_batches(); first += 15) {
      EXPECT_NEAR(kept.mean(first, first + 15), kBudget, 0.05 * kBudget) << first - middle;
    }
    EXPECT_NEAR(kept.mean(middle, 2 * middle), kBudget, 0.02 * kBudget);
    EXPECT_NEAR(controller.mean_cost(), kBudget, 0.015 * kBudget);
    EXPECT_EQ(controller.samples(), 12800);
  }
}

TEST(BudgetController, DoesNotDependMuchOnTheBatch) {
  const RuleData data = calibration();
  const ThresholdRule rule = best_rule(data);
  for (const int64_t batch : {1, 8, 64, 256}) {
    BudgetController controller(data, rule, kBudget);
    Stream stream(batch);
    stream.feed(shifted(5, unsure), &controller, rule);
    EXPECT_NEAR(controller.mean_cost(), kBudget, 0.03 * kBudget) << batch;
  }
}

TEST(BudgetController, KeepsNothingBelowTheFirstExitAndMakesUpForItLater) {
  const RuleData data = calibration();
  const ThresholdRule rule = best_rule(data, 13);
  BudgetController controller(data, rule, 13);
  const double first = data.costs(rule.asked())[static_cast<size_t>(rule.asked().front())];
  EXPECT_FALSE(controller.exhausted());
  // A part of the stream that costs more whatever is chosen: an executor that counts more.
  for (int i = 0; i < 40; ++i) controller.spent(64, 64 * 20.0);
  EXPECT_LT(data.judge(controller.rule()).cost, first + 0.5);
  EXPECT_GT(controller.mean_cost(), 19);
  EXPECT_TRUE(controller.exhausted());
  // It pays back, then returns to the budget.
  Stream stream(64);
  stream.feed(shifted(6, same), &controller, rule);
  EXPECT_LT(stream.mean(0, 20), 12.5);
}

TEST(BudgetController, GivesUpCreditInsteadOfSpendingItAllAtOnce) {
  const RuleData data = calibration();
  const ThresholdRule rule = best_rule(data);
  BudgetController controller(data, rule, kBudget);
  for (int i = 0; i < 1000; ++i) controller.spent(64, 64 * 11.0);
  Stream stream(64);
  stream.feed(shifted(7, same), &controller, rule);
  // The highest target is a tenth above the budget.
  EXPECT_LT(stream.mean(15, 40), 1.12 * kBudget);
  EXPECT_NEAR(stream.mean(60, 100), kBudget, 0.05 * kBudget);
}

TEST(BudgetController, IsDeterministicAndUsageErrorsAreTold) {
  const RuleData data = calibration();
  const ThresholdRule rule = best_rule(data);
  BudgetController a(data, rule, kBudget);
  BudgetController b(data, rule, kBudget);
  for (int i = 1; i < 50; ++i) {
    a.spent(i, i * (20.0 + i % 7));
    b.spent(i, i * (20.0 + i % 7));
    EXPECT_EQ(a.rule().thresholds, b.rule().thresholds);
  }
  const double before = a.position();
  a.spent(0, 0);
  EXPECT_EQ(a.position(), before);
  EXPECT_THROW(BudgetController(data, rule, 0), Error);
  EXPECT_THROW(BudgetController(data, rule, kBudget, {.window = 0}), Error);
  try {
    const BudgetController controller(data, ThresholdRule::agreeing(2, 3, kExits), kBudget);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.info().kind, ErrorKind::kUsage);
    EXPECT_THAT(error.info().message(), HasSubstr("patience"));
  }
}

TEST(BudgetController, OfASingleExitStaysThere) {
  const RuleData data = calibration();
  const ThresholdRule rule = ThresholdRule::only(1, kExits);
  BudgetController controller(data, rule, 30);
  for (int i = 0; i < 10; ++i) controller.spent(64, 64 * 21.0);
  EXPECT_EQ(controller.rule().asked(), rule.asked());
  EXPECT_DOUBLE_EQ(controller.mean_cost(), 21);
}

}  // namespace
}  // namespace fovea
