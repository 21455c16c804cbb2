#include "eval/executed.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "eval/anytime.h"
#include "eval/report_json.h"
#include "eval/scores_graph.h"
#include "reference/reference.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

/// x [2] -> two exits: x itself, and 3·x.
Graph scaled() {
  return parse_graph(
             "fovea-graph 1\ngraph scaled\nops exit@1 linear@1\ninput input [2]\n"
             "exit.0 = exit(input)\nhead = linear(input) features=2 bias=none\n"
             "exit.1 = exit(head)\n",
             "test")
      .value();
}

NamedTensors triple() { return {{"head.weight", Tensor({2, 2}, std::vector<float>{3, 0, 0, 3})}}; }

/// Three samples, the first one sure.
NamedTensors three_samples() {
  return {{"input", Tensor({3, 2}, std::vector<float>{9, 0, 0, 1, 1, 0})}};
}

TEST(EvaluateExecuted, CountsAnswersExitsAndWork) {
  ReferenceExecutor executor(scaled(), triple());
  const TensorSource source(three_samples(), {0, 0, -1});
  const auto report =
      evaluate_executed(executor, source, {.thresholds = {0.99F}}, {.batch = 2}).value();
  EXPECT_EQ(report.n, 3);
  EXPECT_THAT(report.exits, ElementsAre(0, 1, 1));
  EXPECT_THAT(report.counts, ElementsAre(1, 2));
  EXPECT_THAT(report.answers, ElementsAre(0, 1, 0));
  EXPECT_THAT(report.top1, Optional(50.0));
  EXPECT_DOUBLE_EQ(report.mean_macs, 8.0 / 3);
  ASSERT_TRUE(report.ms && report.run_ms);
  EXPECT_GE(*report.ms, *report.run_ms);
  EXPECT_GT(*report.run_ms, 0);
}

TEST(EvaluateHindsight, EqualsExecution) {
  ReferenceExecutor executor(scaled(), triple());
  const TensorSource source(three_samples(), {0, 0, -1});
  const Scores scores = record_scores(executor, source, {.batch = 2}).value();
  EXPECT_THAT(scores.costs, ElementsAre(0, 4));
  EXPECT_EQ(scores.row(1, 0)[0], 27.0F);
  for (const Policy& policy : {Policy{.thresholds = {0.99F}}, Policy{.exit = 0}, Policy{}}) {
    const auto executed = evaluate_executed(executor, source, policy).value();
    const auto judged = evaluate_hindsight(scores, executor.graph(), policy).value();
    EXPECT_EQ(judged.exits, executed.exits);
    EXPECT_EQ(judged.answers, executed.answers);
    EXPECT_EQ(judged.counts, executed.counts);
    EXPECT_EQ(judged.top1, executed.top1);
    EXPECT_EQ(judged.mean_macs, executed.mean_macs);
    EXPECT_FALSE(judged.ms);
  }
}

TEST(EvaluateHindsight, RefusesWhatScoresCannotAnswer) {
  ReferenceExecutor executor(scaled(), triple());
  const Scores scores = record_scores(executor, TensorSource(three_samples())).value();
  const auto message = [&](const Policy& policy) {
    return evaluate_hindsight(scores, executor.graph(), policy).error().message();
  };
  EXPECT_THAT(message({.deadline_ms = 1}), HasSubstr("a deadline cannot be judged"));
  EXPECT_THAT(message({.points = {{"gate", {.force = 1}}}}),
              HasSubstr("rules for decision points"));
}

TEST(EvaluateExecuted, RefusesAPolicyThatDoesNotFitBeforeAnythingRuns) {
  ReferenceExecutor executor(scaled(), triple());
  const auto report = evaluate_executed(executor, TensorSource(three_samples()), {.exit = 7});
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message(), HasSubstr("no such exit"));
}

TEST(EvaluateExecuted, RefusesAnEmptySourceAndAnEmptyBatch) {
  ReferenceExecutor executor(scaled(), triple());
  const auto message = [&](const NamedTensors& inputs, int64_t batch) {
    return evaluate_executed(executor, TensorSource(inputs), {}, {.batch = batch})
        .error()
        .message();
  };
  EXPECT_THAT(message({{"input", Tensor::f32({0, 2})}}, 1), HasSubstr("holds no sample"));
  EXPECT_THAT(message(three_samples(), 0), HasSubstr("a batch holds at least one sample"));
}

TEST(EvaluationJson, HoldsExitsAndNullWhereNothingIsKnown) {
  const std::vector<ExitAccuracy> accuracies{{.n = 4, .top1 = 1, .top5 = 2}, {}};
  const std::vector<ExitCost> costs{{.macs = 7}, {.macs = 9}};
  EXPECT_EQ(
      evaluation_json(accuracies, costs, {.n = 4, .mean_macs = 8.5, .counts = {1, 3}},
                      {.policy = {.exit = 1}}),
      R"({"n":4,"exits":[{"top1":25.0,"top5":50.0,"macs":7},{"top1":null,"top5":null,)"
      R"("macs":9}],"adaptive":{"top1":null,"mean_macs":8.5,"ms":null,"counts":[1,3],"ledger":null},)"
      R"("policy":{"exit":1},"expected":null})");
}

TEST(EvaluationJson, TellsWhatASolvedPolicyWasExpectedToGive) {
  const ReportedPolicy solved{
      .policy = {.exit = 0},
      .expected = Expectation{.n = 10, .held_out = true, .correct = 9, .cost = 1.5},
      .unit = CostUnit::kMs};
  const auto json = nlohmann::json::parse(evaluation_json({}, {}, {.n = 4}, solved));
  EXPECT_EQ(json["policy"]["exit"], 0);
  EXPECT_EQ(json["expected"]["top1"], 90.0);
  EXPECT_LT(json["expected"]["top1_low"], 90.0);
  EXPECT_GT(json["expected"]["top1_high"], 90.0);
  EXPECT_EQ(json["expected"]["held_out"], true);
  EXPECT_EQ(json["expected"]["ms"], 1.5);
  EXPECT_FALSE(json["expected"].contains("mean_macs"));
}

}  // namespace
}  // namespace fovea
