#include "calibrate/budget.h"

#include <gmock/gmock.h>

#include "calibrate/coordinate.h"
#include "calibrate/hindsight.h"
#include "calibrate/official.h"
#include "recorded.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string plain(double cost) { return std::to_string(cost); }

RuleData data_of(int n_exits, int64_t n, uint64_t seed) {
  Recorded samples = recorded(n_exits, n, seed);
  return {std::move(samples.table), std::move(samples.labels), trunk_and_heads};
}

TEST(ThresholdRule, IsAPolicyAndComesBack) {
  const ThresholdRule rule{.thresholds = {0.5F, std::nullopt, std::nullopt, std::nullopt},
                           .last = 2};
  EXPECT_THAT(rule.asked(), ElementsAre(0, 2));
  const Policy policy = rule.policy();
  EXPECT_EQ(policy.exit, 2);
  const auto back = rule_of(policy, 4);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->asked(), rule.asked());
  EXPECT_EQ(back->thresholds, rule.thresholds);
  EXPECT_FALSE(rule_of(Policy{.deadline_ms = 3}, 4));
}

TEST(ThresholdRule, OfPatienceIsAPolicyAndComesBack) {
  const ThresholdRule rule = ThresholdRule::agreeing(2, 2, 4);
  EXPECT_THAT(rule.asked(), ElementsAre(0, 1, 2));
  const Policy policy = rule.policy();
  EXPECT_EQ(policy.patience, 2);
  EXPECT_EQ(policy.exit, 2);
  EXPECT_EQ(rule_of(policy, 4)->policy().patience, 2);
  EXPECT_THAT(rule_of(Policy{.patience = 2}, 4)->asked(), ElementsAre(0, 1, 2, 3));
}

TEST(RuleData, CostIsThatOfTheExitsAsked) {
  const RuleData data = data_of(3, 50, 1);
  EXPECT_DOUBLE_EQ(data.judge(ThresholdRule::only(2, 3)).cost, 31);
  ThresholdRule nobody{.thresholds = {2.0F, 2.0F, {}}, .last = 2};
  EXPECT_DOUBLE_EQ(data.judge(nobody).cost, 33);
  nobody.thresholds[0].reset();
  EXPECT_DOUBLE_EQ(data.judge(nobody).cost, 32);
}

TEST(Coordinate, EveryChoiceIsWhatJudgingSays) {
  const RuleData data = data_of(3, 120, 7);
  const ThresholdRule rule{.thresholds = {0.8F, 0.7F, {}}, .last = 2};
  for (int exit = 0; exit < 2; ++exit) {
    int n_choices = 0;
    for_each_threshold(data, rule, exit, 1, [&](const ThresholdChoice& choice) {
      ThresholdRule changed = rule;
      changed.thresholds[static_cast<size_t>(exit)] = choice.threshold;
      const RuleResult judged = data.judge(changed);
      EXPECT_DOUBLE_EQ(choice.value, judged.value);
      EXPECT_NEAR(choice.cost, judged.cost, 1e-9);
      ++n_choices;
    });
    EXPECT_GT(n_choices, 30);
  }
}

TEST(Coordinate, EqualConfidencesLeaveTogetherAndNanStays) {
  ExitTable table{.n_exits = 2,
                  .n = 4,
                  .confidence = {0.5F, 0.5F, std::nanf(""), 0.2F, 0, 0, 0, 0},
                  .answer = std::vector<int64_t>(8, 0)};
  const RuleData data(std::move(table), {0, 0, 0, 0}, trunk_and_heads);
  std::vector<float> thresholds;
  for_each_threshold(data, ThresholdRule::only(1, 2), 0, 1, [&](const ThresholdChoice& choice) {
    if (choice.threshold) thresholds.push_back(*choice.threshold);
  });
  EXPECT_THAT(thresholds, ElementsAre(0.5F, 0.2F));
}

TEST(Frontier, RisesAndHoldsTheSingleExits) {
  const RuleData data = data_of(4, 600, 3);
  const auto frontier = lagrangian_frontier(data);
  ASSERT_GT(frontier.size(), 10U);
  for (size_t i = 1; i < frontier.size(); ++i) {
    EXPECT_GT(frontier[i].result.cost, frontier[i - 1].result.cost);
    EXPECT_GT(frontier[i].result.value, frontier[i - 1].result.value);
  }
  for (int exit = 0; exit < 4; ++exit) {
    const RuleResult single = data.judge(ThresholdRule::only(exit, 4));
    const auto as_good = [&](const FrontierPoint& point) {
      return point.result.cost <= single.cost && point.result.value >= single.value;
    };
    EXPECT_TRUE(std::any_of(frontier.begin(), frontier.end(), as_good)) << exit;
  }
}

/// At the cost of every point of the published rule: as accurate or more, and not dearer.
void expect_never_worse_than_official(const RuleData& data) {
  const auto frontier = lagrangian_frontier(data);
  int better = 0;
  for (const OfficialPoint& point : solve_official(data.table())) {
    const RuleResult published = data.judge(*rule_of(point.policy, data.n_exits()));
    const auto range = budget_range(data);
    if (published.cost < range.least || published.cost > range.most) continue;
    const auto found = solve_budget(data, frontier, published.cost, plain);
    ASSERT_TRUE(found.ok()) << found.error().message();
    EXPECT_LE(found.value().result.cost, published.cost) << point.name;
    EXPECT_GE(found.value().result.correct, published.correct) << point.name;
    if (found.value().result.correct > published.correct) ++better;
  }
  EXPECT_GT(better, 5);
}

TEST(Frontier, TakesPatienceWhereConfidenceSaysNothing) {
  // Two exits err independently, so that they are right where they agree; all are equally sure.
  constexpr int64_t kSamples = 400;
  ExitTable table{.n_exits = 3, .n = kSamples};
  table.confidence.assign(3 * kSamples, 0.5F);
  for (int exit = 0; exit < 3; ++exit) {
    for (int64_t i = 0; i < kSamples; ++i) {
      const bool wrong = (exit == 0 && i % 4 == 0) || (exit == 1 && i % 4 == 1);
      table.answer.push_back(wrong ? 1 + exit : 0);
    }
  }
  const RuleData data(std::move(table), std::vector<int64_t>(kSamples, 0), trunk_and_heads);
  const std::vector<FrontierPoint> frontier = lagrangian_frontier(data);
  // All right: half leave at the second exit. No thresholds get that below the last exit's cost.
  const FrontierPoint& best = frontier.back();
  EXPECT_EQ(best.result.correct, kSamples);
  EXPECT_EQ(best.rule.patience, 2);
  EXPECT_DOUBLE_EQ(best.result.cost, (22 + 33) / 2.0);
  const auto found = solve_budget(data, frontier, 28, plain);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found.value().rule.patience, 2);
}

TEST(Budget, IsNeverWorseThanTheGeometricRule) {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    expect_never_worse_than_official(data_of(3, 1000, seed));
    expect_never_worse_than_official(data_of(6, 700, seed));
  }
}

TEST(Budget, IsKeptOnSamplesItWasNotSolvedOn) {
  const RuleData data = data_of(3, 2500, 11);
  const RuleData fresh = data_of(3, 10000, 12);
  const auto frontier = lagrangian_frontier(data);
  double budget = 12;
  for (; budget < 31; budget += 1.5) {
    const auto found = solve_budget(data, frontier, budget, plain);
    ASSERT_TRUE(found.ok());
    EXPECT_LE(found.value().result.cost, budget);
    EXPECT_GE(found.value().result.cost, 0.98 * budget);
    const RuleResult seen = fresh.judge(found.value().rule);
    EXPECT_NEAR(seen.cost, budget, 0.05 * budget);
    // The exit that the budget pays for everybody is the least that may be expected.
    const int fixed = std::min(2, static_cast<int>((budget - 1) / 10) - 1);
    EXPECT_GE(static_cast<double>(seen.correct),
              static_cast<double>(fresh.judge(ThresholdRule::only(fixed, 3)).correct) - 30);
  }
}

TEST(Budget, OutOfRangeSaysTheRange) {
  const RuleData data = data_of(3, 100, 5);
  for (const double budget : {10.9, 31.1, -1.0}) {
    const auto refused = solve_budget(data, {}, budget, plain);
    ASSERT_FALSE(refused.ok()) << budget;
    EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
    EXPECT_THAT(refused.error().message(), HasSubstr("11.000000"));
    EXPECT_THAT(refused.error().message(), HasSubstr("31.000000"));
  }
  EXPECT_TRUE(solve_budget(data, {}, 11, plain).ok());
  EXPECT_TRUE(solve_budget(data, {}, 31, plain).ok());
}

}  // namespace
}  // namespace fovea
