#include "eval/study.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/noise.h"
#include "eval/full_pass.h"
#include "graph/cost.h"
#include "reference/reference.h"

namespace fovea {
namespace {

using testing::DoubleNear;
using testing::Eq;
using testing::Optional;
using testing::SizeIs;

/// x [3] -> two exits: x itself, and a linear layer that is asked where the first is not sure.
Graph two_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph two\nops exit@1 linear@1\ninput input [3]\n"
             "exit.0 = exit(input)\nhead = linear(input) features=3 bias=none\n"
             "exit.1 = exit(head)\n",
             "test")
      .value();
}

NamedTensors fivefold() {
  return {{"head.weight", Tensor({3, 3}, std::vector<float>{5, 0, 0, 0, 5, 0, 0, 0, 5})}};
}

TensorSource samples(int64_t n, uint64_t seed) {
  Tensor input = Tensor::f32({n, 3});
  std::vector<int64_t> labels;
  NoiseCursor noise(Noise(seed, "samples"));
  for (int64_t i = 0; i < 3 * n; ++i) input.f()[i] = static_cast<float>(noise.normal());
  for (int64_t i = 0; i < n; ++i) labels.push_back(static_cast<int64_t>(noise.below(3)));
  return TensorSource({{"input", std::move(input)}}, std::move(labels));
}

TEST(AnytimeCurve, GivesTheLastExitThatABudgetBuys) {
  const std::vector<ExitAccuracy> accuracies{{.n = 10, .top1 = 5, .top5 = 9},
                                             {.n = 10, .top1 = 4, .top5 = 10}};
  const auto curve = anytime_curve(accuracies, two_exits());
  ASSERT_THAT(curve, SizeIs(2));
  EXPECT_EQ(curve[1].macs, 9);
  EXPECT_THAT(curve[1].top5, Optional(100.0));
  EXPECT_THAT(accuracy_at(curve, -1), Eq(std::nullopt));
  EXPECT_THAT(accuracy_at(curve, 8.9), Optional(50.0));
  // The published rule takes the last exit, not the best one.
  EXPECT_THAT(accuracy_at(curve, 9), Optional(40.0));
  EXPECT_EQ(exits_as_static(accuracies, two_exits())[1].name, "exit 1 alone");
}

TEST(ExecutePolicies, GivesWhatHindsightSays) {
  ReferenceExecutor executor(two_exits(), fivefold());
  const TensorSource val = samples(60, 1);
  const TensorSource test = samples(40, 2);
  const Scores val_scores = record_scores(executor, val).value();
  const Scores test_scores = record_scores(executor, test).value();
  Study study{.n = test.n()};
  study.budgeted = budgeted_batch(val_scores, test_scores).value();
  int64_t calls = 0;
  study.executed =
      execute_policies(executor, test, *study.budgeted, {.batch = 16}, [&](int64_t, int64_t total) {
        ++calls;
        EXPECT_EQ(total, kOfficialPoints);
      }).value();
  EXPECT_EQ(calls, kOfficialPoints);
  ASSERT_THAT(study.executed, SizeIs(kOfficialPoints));
  bool mixed = false;
  for (size_t i = 0; i < study.executed.size(); ++i) {
    const BudgetedRow& row = study.budgeted->rows[i];
    EXPECT_EQ(study.executed[i].counts, row.test.counts) << i;
    EXPECT_THAT(study.executed[i].top1, Optional(DoubleNear(100.0 * row.test.correct / 40, 1e-9)));
    EXPECT_NEAR(study.executed[i].mean_macs, row.test.cost, 1e-4);
    mixed |= row.test.counts[0] > 0 && row.test.counts[1] > 0;
  }
  EXPECT_TRUE(mixed);

  const std::vector<ExitAccuracy> accuracies = anytime_accuracy(test_scores);
  study.anytime = anytime_curve(accuracies, executor.graph());
  study.baselines = exits_as_static(accuracies, executor.graph());
  study.accuracies = accuracies;
  study.oracle = oracle_points(test_scores, executor.graph());
  study.policy.policy = {.exit = 0};
  study.adaptive = evaluate_hindsight(test_scores, executor.graph(), {.exit = 0}).value();
  const auto json = nlohmann::json::parse(study_json(study, val.n()));
  EXPECT_EQ(json["n"], 40);
  EXPECT_EQ(json["n_val"], 60);
  EXPECT_THAT(json["rows"], SizeIs(kOfficialPoints));
  EXPECT_EQ(json["rows"][7]["executed"]["counts"], json["rows"][7]["test"]["counts"]);
  EXPECT_EQ(json["adaptive"]["counts"], nlohmann::json({40, 0}));
  EXPECT_FALSE(json.contains("by_size"));
  EXPECT_EQ(json["policy"]["exit"], 0);
  EXPECT_THAT(json["oracle"], SizeIs(2));
  EXPECT_GE(json["oracle"][1]["top1"], json["oracle"][0]["top1"]);
  // Whoever leaves at one exit needs no luck.
  EXPECT_EQ(json["adaptive"]["random_top1"], json["adaptive"]["top1"]);
  EXPECT_TRUE(json["rows"][7]["random_top1"].is_number());
}

TEST(TimeExits, RunsEveryExitAloneAndAfterTheOthers) {
  ReferenceExecutor executor(two_exits(), fivefold());
  const TensorSource test = samples(10, 3);
  const std::vector<ExitAccuracy> accuracies =
      anytime_accuracy(record_scores(executor, test).value());
  std::vector<CostPoint> anytime = anytime_curve(accuracies, executor.graph());
  std::vector<CostPoint> alone = exits_as_static(accuracies, executor.graph());
  alone.push_back({.name = "another network"});
  ASSERT_TRUE(time_exits(executor, test, {.batch = 4}, anytime, alone).ok());
  for (const CostPoint& point : anytime) EXPECT_TRUE(point.ms) << point.name;
  EXPECT_TRUE(alone[0].ms && alone[1].ms);
  EXPECT_FALSE(alone[2].ms);
}

TEST(StudyJson, HoldsSizesAndNothingThatWasNotAskedFor) {
  Study study{.n = 2};
  study.by_size.push_back({.low = 0.1, .high = 0.5, .n = 2, .exit_top1 = {50}, .counts = {2}});
  const auto json = nlohmann::json::parse(study_json(study, 0));
  EXPECT_EQ(json["by_size"][0]["high"], 0.5);
  EXPECT_TRUE(json["by_size"][0]["adaptive_top1"].is_null());
  EXPECT_FALSE(json.contains("rows"));
  EXPECT_FALSE(json.contains("n_val"));
}

}  // namespace
}  // namespace fovea
