#include "calibrate/hindsight.h"

#include <gmock/gmock.h>

#include <limits>
#include <memory>

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Graph three_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph g\nops exit@1 linear@1\ninput x [4]\n"
             "a = linear(x) features=2\nexit.0 = exit(a)\n"
             "b = linear(a) features=2\nexit.1 = exit(b)\n"
             "c = linear(b) features=2\nexit.2 = exit(c)\n",
             "test")
      .value();
}

/// Three samples: confident at once, confident at the second exit, not a number.
ExitTable three_samples() {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  return {.n_exits = 3,
          .n = 3,
          .confidence = {0.9F, 0.5F, nan, 0.1F, 0.8F, nan, 0.1F, 0.1F, nan},
          .answer = {0, 1, 0, 1, 1, 0, 0, 0, 1}};
}

std::vector<int> exits(const Policy& policy) {
  return exits_in_hindsight(three_samples(), policy, three_exits()).value();
}

TEST(Hindsight, TakesTheFirstExitThatPassesAndNanGoesOn) {
  EXPECT_THAT(exits({.thresholds = {0.7F, 0.7F}}), ElementsAre(0, 1, 2));
}

TEST(Hindsight, PassesAtEqualConfidence) {
  EXPECT_THAT(exits({.thresholds = {0.5F, 0.9F}}), ElementsAre(0, 0, 2));
}

TEST(Hindsight, SkipsExitsThatAreSwitchedOff) {
  EXPECT_THAT(exits({.thresholds = {std::nullopt, 0.7F}}), ElementsAre(2, 1, 2));
}

TEST(Hindsight, EndsAtAFixedExitOrACap) {
  EXPECT_THAT(exits({.exit = 1}), ElementsAre(1, 1, 1));
  EXPECT_THAT(exits({.thresholds = {0.7F, 0.7F}, .max_macs = 12}), ElementsAre(0, 1, 1));
}

TEST(Hindsight, LeavesWhereExitsInARowAgree) {
  // Answers are 0 1 0, 1 1 0, 0 0 1 at the exits; the third sample's scores are no numbers.
  ExitTable table = three_samples();
  table.answer = {0, 1, 0, 0, 0, 0, 1, 0, 0};
  const auto leaves = [&table](const Policy& policy) {
    return exits_in_hindsight(table, policy, three_exits()).value();
  };
  EXPECT_THAT(leaves({.patience = 2}), ElementsAre(1, 2, 2));
  EXPECT_THAT(leaves({.thresholds = {1e8F, 0.7F}, .patience = 2}), ElementsAre(1, 1, 2));
}

TEST(Hindsight, FollowsAReplayOfAsManySamples) {
  auto trace = std::make_shared<Trace>();
  Tensor recorded = Tensor::i64({3});
  recorded.data<int64_t>()[0] = 2;
  trace->points["exit"] = recorded;
  EXPECT_THAT(exits({.replay = trace}), ElementsAre(2, 0, 0));
  trace->points["exit"] = Tensor::i64({2});
  const auto refused = exits_in_hindsight(three_samples(), {.replay = trace}, three_exits());
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message(), HasSubstr("expected 3; found 2"));
}

TEST(Hindsight, RefusesScoresOfAnotherNetwork) {
  ExitTable table = three_samples();
  table.n_exits = 1;
  const auto refused = exits_in_hindsight(table, {}, three_exits());
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(refused.error().message(), HasSubstr("differ in exits"));
}

TEST(Judge, CountsExitsAnswersAndCost) {
  Scores scores{.values = Tensor::f32({3, 3, 2}), .labels = {0, 1, -1}, .costs = {10, 20, 40}};
  const HindsightResult result = judge(scores, three_samples(), {0, 1, 2});
  EXPECT_THAT(result.counts, ElementsAre(1, 1, 1));
  EXPECT_EQ(result.correct, 2);
  EXPECT_NEAR(result.cost, 70.0 / 3, 1e-5);
}

}  // namespace
}  // namespace fovea
