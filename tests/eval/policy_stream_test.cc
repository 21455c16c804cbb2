#include "eval/policy_stream.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/noise.h"
#include "calibrate/hindsight.h"
#include "eval/executed.h"
#include "eval/report_json.h"
#include "eval/robust_json.h"
#include "graph/cost.h"
#include "reference/reference.h"

namespace fovea {
namespace {

constexpr int64_t kSamples = 600;

/// Three exits, each a little surer than the one before.
Graph scaled() {
  return parse_graph(
             "fovea-graph 1\ngraph scaled\nops exit@1 linear@1\ninput input [2]\n"
             "exit.0 = exit(input)\nmiddle = linear(input) features=2 bias=none\n"
             "exit.1 = exit(middle)\nhead = linear(middle) features=2 bias=none\n"
             "exit.2 = exit(head)\n",
             "test")
      .value();
}
NamedTensors weights() {
  return {{"middle.weight", Tensor({2, 2}, std::vector<float>{1.5, 0, 0, 1.5})},
          {"head.weight", Tensor({2, 2}, std::vector<float>{1.5, 0, 0, 1.5})}};
}

/// Inputs that get less decided in the second half.
NamedTensors inputs() {
  Tensor tensor = Tensor::f32({kSamples, 2});
  const Noise noise(1, "inputs");
  for (int64_t i = 0; i < 2 * kSamples; ++i) {
    const double size = i < kSamples ? 2 : 0.7;
    tensor.f()[i] = static_cast<float>(size * noise.normal(static_cast<uint64_t>(i)));
  }
  return {{"input", std::move(tensor)}};
}

BudgetController controller(const Scores& scores, const Graph& graph) {
  const RuleData data(exit_table(scores), scores.labels, macs_of(graph));
  return {data, {.thresholds = {0.9F, 0.9F, {}}, .last = 2}, 3, {.window = 32}};
}

TEST(PolicyStream, ControlIsTheSameExecutedAndInHindsight) {
  ReferenceExecutor executor(scaled(), weights());
  const TensorSource source(inputs(), std::vector<int64_t>(kSamples, 0));
  const Scores scores = record_scores(executor, source, {.batch = 32}).value();
  ControlledPolicy running(controller(scores, executor.graph()), std::nullopt);
  const auto executed = evaluate_executed(executor, source, running, {.batch = 32}).value();
  ControlledPolicy judging(controller(scores, executor.graph()), std::nullopt);
  const auto judged = evaluate_hindsight({.table = exit_table(scores), .labels = scores.labels},
                                         executor.graph(), judging, 32)
                          .value();
  EXPECT_EQ(executed.exits, judged.exits);
  EXPECT_DOUBLE_EQ(executed.mean_macs, judged.mean_macs);
  EXPECT_DOUBLE_EQ(executed.mean_macs, running.controller().mean_cost());
  ASSERT_EQ(running.report().steps.size(), 19U);
  EXPECT_EQ(running.report().steps.back().samples, kSamples % 32);
  for (size_t i = 0; i < 19; ++i) {
    EXPECT_DOUBLE_EQ(running.report().steps[i].position, judging.report().steps[i].position);
  }
  EXPECT_NE(running.report().steps.back().position, 1);
}

TEST(PolicyStream, ACapHoldsForEverySampleBesideControl) {
  ReferenceExecutor executor(scaled(), weights());
  const TensorSource source(inputs());
  const Scores scores = record_scores(executor, source, {.batch = 32}).value();
  constexpr int64_t kCap = 4;
  ControlledPolicy policies(controller(scores, executor.graph()), kCap);
  const auto report = evaluate_executed(executor, source, policies, {.batch = 32}).value();
  EXPECT_EQ(report.counts[2], 0);
  EXPECT_GT(report.counts[1], 0);
  EXPECT_LE(report.mean_macs, kCap);
}

/// Milliseconds of samples that leave at these exits, on a machine of some slowness.
double made_up_ms(const std::vector<int>& exits, double slowness) {
  double ms = 0;
  for (const int exit : exits) ms += slowness * (exit + 1);
  return ms;
}

TEST(PolicyStream, ATimeIsKeptOnAMachineThatGetsSlower) {
  ReferenceExecutor executor(scaled(), weights());
  const TensorSource source(inputs(), std::vector<int64_t>(kSamples, 0));
  const Scores scores = record_scores(executor, source, {.batch = 8}).value();
  const auto ms_when_asked = [](std::span<const int> asked) {
    std::vector<double> out;
    for (const int exit : asked) out.push_back(exit + 1);
    return out;
  };
  const RuleData data(exit_table(scores), scores.labels, ms_when_asked);
  const ThresholdRule rule{.thresholds = {0.9F, 0.9F, {}}, .last = 2};
  const double budget = data.judge(rule).cost;
  constexpr int64_t kBatch = 8;
  constexpr int64_t kBatches = 1000;
  constexpr double kSlower = 1.2;
  ControlledPolicy policies({data, rule, budget, {.window = 32}}, std::nullopt, CostUnit::kMs);
  double fixed_ms = 0;
  double kept_ms = 0;
  for (int64_t batch = 0; batch < kBatches; ++batch) {
    std::vector<int64_t> samples(kBatch);
    for (int64_t i = 0; i < kBatch; ++i) {
      samples[static_cast<size_t>(i)] = (batch * 37 + i * 101) % kSamples;
    }
    const ExitTable rows = rows_of(data.table(), samples);
    const auto exits_of = [&](const Policy& policy) {
      return exits_in_hindsight(rows, policy, executor.graph()).value();
    };
    const double slowness = batch < kBatches / 4 ? 1 : kSlower;
    fixed_ms += made_up_ms(exits_of(rule.policy()), slowness);
    const double ms = made_up_ms(exits_of(policies.next(0, kBatch)), slowness);
    kept_ms += ms;
    const std::vector<int64_t> macs(kBatch, 0);
    policies.ran({.macs = macs, .ms = ms});
  }
  EXPECT_GT(fixed_ms / static_cast<double>(kBatch * kBatches), 1.12 * budget);
  EXPECT_NEAR(kept_ms / static_cast<double>(kBatch * kBatches), budget, 0.01 * budget);
  const ControlReport report = policies.report();
  EXPECT_EQ(report.unit, CostUnit::kMs);
  EXPECT_DOUBLE_EQ(policies.controller().mean_cost(),
                   kept_ms / static_cast<double>(kBatch * kBatches));
  EXPECT_LT(report.steps.back().position, 1);
}

TEST(PolicyStream, AnExecutedPassTellsTheTimeThatItReports) {
  ReferenceExecutor executor(scaled(), weights());
  const TensorSource source(inputs(), std::vector<int64_t>(kSamples, 0));
  const Scores scores = record_scores(executor, source, {.batch = 32}).value();
  const RuleData data(exit_table(scores), scores.labels, macs_of(executor.graph()));
  ControlledPolicy policies({data, {.thresholds = {0.9F, 0.9F, {}}, .last = 2}, 1}, std::nullopt,
                            CostUnit::kMs);
  const auto report = evaluate_executed(executor, source, policies, {.batch = 32}).value();
  double ms = 0;
  for (const ControlStep& step : policies.report().steps) {
    ms += step.cost * static_cast<double>(step.samples);
  }
  EXPECT_NEAR(ms / kSamples, *report.ms, 1e-9);
}

TEST(PolicyStream, ReportsItsStepsAsJson) {
  AdaptiveReport report{.n = 2, .mean_macs = 4, .counts = {1, 1}};
  report.control = ControlReport{.budget = 5, .steps = {{.samples = 2, .cost = 4, .position = 1}}};
  const std::vector<ExitAccuracy> accuracies(2);
  const std::vector<ExitCost> costs(2);
  const auto json = nlohmann::json::parse(evaluation_json(accuracies, costs, report, {}));
  EXPECT_EQ(json["adaptive"]["control"]["budget"], 5);
  EXPECT_EQ(json["adaptive"]["control"]["steps"][0]["n"], 2);
  EXPECT_EQ(json["adaptive"]["control"]["unit"], "macs");
  EXPECT_EQ(json["adaptive"]["control"]["steps"][0]["macs"], 4);
  report.control->unit = CostUnit::kMs;
  const auto timed = nlohmann::json::parse(evaluation_json(accuracies, costs, report, {}));
  EXPECT_EQ(timed["adaptive"]["control"]["steps"][0]["ms"], 4);
  report.control.reset();
  EXPECT_FALSE(
      nlohmann::json::parse(evaluation_json(accuracies, costs, report, {}))["adaptive"].contains(
          "control"));
}

TEST(Slowdown, EfficacyIsTheAreaUnderTheShareOfThoseThatLeft) {
  const AdaptiveReport report{.n = 4, .top1 = 50, .mean_macs = 17.5, .counts = {2, 1, 1}};
  const std::vector<double> macs{10, 20, 30};
  const auto curve = exit_shares(report, macs);
  ASSERT_EQ(curve.size(), 3U);
  double area = 0;
  for (size_t i = 0; i < curve.size(); ++i) {
    const double until = i + 1 < curve.size() ? curve[i + 1].macs : 30;
    area += curve[i].share * (until - curve[i].macs) / 30;
  }
  EXPECT_NEAR(efficacy(report, 30), area, 1e-12);
  EXPECT_EQ(exit_shares(report, {10, 0, 30}).size(), 2U);
  const auto json = nlohmann::json::parse(
      slowdown_json({.before = report, .after = report, .full_macs = 30}, macs));
  EXPECT_NEAR(json["after"]["efficacy"].get<double>(), area, 1e-12);
  EXPECT_EQ(json["before"]["curve"].size(), 3U);
}

}  // namespace
}  // namespace fovea
