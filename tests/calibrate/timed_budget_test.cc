#include "calibrate/timed_budget.h"

#include <gmock/gmock.h>

#include "recorded.h"

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr int64_t kBatch = 16;

std::string plain(double cost) { return std::to_string(cost); }

RuleData data_of(uint64_t seed) {
  Recorded samples = recorded(3, 2000, seed);
  return {std::move(samples.table), std::move(samples.labels), trunk_and_heads};
}

/// A machine on which survivors make a run longer than its parts: each group of them has a price of
/// its own.
double slower_than_its_parts(std::span<const int> exits) {
  constexpr double kGroup = 16;
  double ms = 0;
  for (size_t begin = 0; begin < exits.size(); begin += kBatch) {
    int farthest = 0;
    for (size_t i = begin; i < begin + kBatch; ++i) {
      ms += 10 * (exits[i] + 1) + 1.5 * (exits[i] + 1);
      farthest = std::max(farthest, exits[i]);
    }
    ms += kGroup * farthest;
  }
  return ms / static_cast<double>(exits.size());
}

double made_up_ms(const RuleData& data, const ThresholdRule& rule) {
  const std::vector<int> exits = data.exits(rule);
  return slower_than_its_parts(exits);
}

TEST(TimedBudget, IsMetByWhatRunsTakeNotByTheirParts) {
  const RuleData data = data_of(3);
  const auto frontier = lagrangian_frontier(data);
  for (const double budget : {18.0, 20.0, 24.0, 28.0}) {
    const FrontierPoint plainly = solve_budget(data, frontier, budget, plain).value();
    EXPECT_GT(made_up_ms(data, plainly.rule), 1.05 * budget) << budget;
    const auto timed =
        solve_timed_budget(data, frontier, budget, kBatch, slower_than_its_parts, plain);
    ASSERT_TRUE(timed.ok()) << timed.error().message();
    const FrontierPoint& found = timed.value().found;
    // It is measured on a part of the samples.
    EXPECT_NEAR(made_up_ms(data, found.rule), budget, 0.03 * budget) << budget;
    EXPECT_NEAR(found.result.cost + timed.value().excess_ms, budget, 0.02 * budget) << budget;
    EXPECT_LT(timed.value().searched_ms, budget);
    EXPECT_LE(found.result.cost, timed.value().searched_ms);
  }
}

TEST(TimedBudget, GivesMeasurementsWholeRunsOfSpreadSamples) {
  const RuleData data = data_of(4);
  std::vector<int> last;
  int calls = 0;
  // Runs take what their parts do.
  const auto made_up = [&](std::span<const int> exits) {
    double ms = 0;
    for (const int exit : exits) ms += 11.0 * (exit + 1);
    return ms / static_cast<double>(exits.size());
  };
  const auto measured = [&](std::span<const int> exits) {
    EXPECT_EQ(exits.size() % kBatch, 0U);
    EXPECT_LE(exits.size(), 512U);
    last.assign(exits.begin(), exits.end());
    ++calls;
    return made_up(exits);
  };
  const auto timed = solve_timed_budget(data, {}, 20, kBatch, measured, plain);
  ASSERT_TRUE(timed.ok());
  // The first rule is met at once.
  EXPECT_EQ(calls, 1);
  const std::vector<int> all = data.exits(timed.value().found.rule);
  for (size_t i = 0; i < last.size(); ++i) EXPECT_EQ(last[i], all[i * all.size() / last.size()]);
}

TEST(TimedBudget, RefusesWhatTheEndsDoNotTakeAsMeasured) {
  const RuleData data = data_of(5);
  // Parts add up to 11 to 33; every run takes 9 more.
  constexpr double kMore = 9;
  const auto measured = [&](std::span<const int> exits) {
    double ms = 0;
    for (const int exit : exits) ms += 11.0 * (exit + 1);
    return ms / static_cast<double>(exits.size()) + kMore;
  };
  // The parts alone would say that 15 can be kept, and that 38 cannot.
  const auto too_little = solve_timed_budget(data, {}, 15, kBatch, measured, plain);
  ASSERT_FALSE(too_little.ok());
  EXPECT_EQ(too_little.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(too_little.error().message(), HasSubstr("out of range"));
  EXPECT_THAT(too_little.error().expected, HasSubstr(plain(11 + kMore)));
  const auto enough = solve_timed_budget(data, {}, 38, kBatch, measured, plain);
  ASSERT_TRUE(enough.ok()) << enough.error().message();
  EXPECT_NEAR(enough.value().expected_ms(), 38, 0.05 * 38);
  EXPECT_FALSE(solve_timed_budget(data, {}, 60, kBatch, measured, plain).ok());
  EXPECT_FALSE(solve_timed_budget(data, {}, 5, kBatch, measured, plain).ok());
}

TEST(TimedBudget, GivesTheNearestWhereNoRuleTakesIt) {
  const RuleData data = data_of(5);
  const auto measured = [&](std::span<const int> exits) {
    return std::all_of(exits.begin(), exits.end(), [](int exit) { return exit == 0; }) ? 11.0
                                                                                       : 90.0;
  };
  const auto timed = solve_timed_budget(data, {}, 30, kBatch, measured, plain);
  ASSERT_TRUE(timed.ok()) << timed.error().message();
  // Hardly anybody goes on; those few are not among the samples that are measured.
  EXPECT_NEAR(timed.value().expected_ms(), 11, 1);
}

}  // namespace
}  // namespace fovea
