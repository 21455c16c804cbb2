#include "eval/shift.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/noise.h"
#include "data/core/scenes.h"
#include "eval/robust_json.h"
#include "reference/reference.h"

namespace fovea {
namespace {

/// Pictures of 16 x 16, two exits.
Graph network() {
  return parse_graph(
             "fovea-graph 1\ngraph small\nops conv2d@1 exit@1 flatten@1 linear@1 relu@1\n"
             "input input [3,16,16]\n"
             "coarse = conv2d(input) channels=4 kernel=4x4 stride=4x4\nrelu0 = relu(coarse)\n"
             "flat0 = flatten(relu0)\nhead0 = linear(flat0) features=10 bias=none\n"
             "exit.0 = exit(head0)\n"
             "fine = conv2d(relu0) channels=8 kernel=3x3 pad=1\nrelu1 = relu(fine)\n"
             "flat1 = flatten(relu1)\nhead1 = linear(flat1) features=10 bias=none\n"
             "exit.1 = exit(head1)\n",
             "test")
      .value();
}

NamedTensors weights(const Graph& graph) {
  NamedTensors out;
  for (const Param& param : graph.params()) {
    Tensor tensor = Tensor::f32(param.shape);
    const Noise noise(1, param.name);
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      tensor.f()[i] = static_cast<float>(0.3 * noise.normal(static_cast<uint64_t>(i)));
    }
    out.emplace(param.name, std::move(tensor));
  }
  return out;
}

class Shift : public testing::Test {
 protected:
  static constexpr int64_t kSamples = 24;
  Graph subject = network();
  ReferenceExecutor executor{subject, weights(subject)};
  DatasetPtr drawn = std::make_shared<const ScenesDataset>(ScenesOptions{.side = 16}, kSamples);
  Transform as_input{.resize = 16, .crop = 16};
};

TEST_F(Shift, JudgesEveryCorruptionAsARunOfItWould) {
  const Policy policy{.thresholds = {0.6F}};
  int64_t told = 0;
  const ShiftReport report = measure_shift(executor, drawn, as_input, "input",
                                           {.policy = policy,
                                            .batch = 8,
                                            .seed = 3,
                                            .progress =
                                                [&](int64_t done, int64_t total) {
                                                  EXPECT_EQ(total, 16 * kSamples);
                                                  told = done;
                                                }})
                                 .value();
  EXPECT_EQ(told, 16 * kSamples);
  ASSERT_EQ(report.rows.size(), 16U);
  EXPECT_FALSE(report.rows[0].corruption);
  double sum = 0;
  for (const ShiftRow& row : report.rows) {
    const DatasetPtr shifted =
        row.corruption ? std::make_shared<const CorruptedDataset>(drawn, *row.corruption) : drawn;
    const DatasetSource source(shifted, as_input);
    const auto executed = evaluate_executed(executor, source, policy).value();
    EXPECT_EQ(row.policy.exits, executed.exits);
    EXPECT_EQ(row.policy.top1, executed.top1);
    EXPECT_EQ(row.last.counts[0], 0);
    EXPECT_FALSE(row.cap || row.control);
    sum += row.policy.mean_macs;
  }
  EXPECT_EQ(report.sequence.policy.n, 16 * kSamples);
  EXPECT_NEAR(report.sequence.policy.mean_macs, sum / 16, 1e-6 * sum);
}

TEST_F(Shift, CapAndControlStandBesideThePolicy) {
  const std::vector<double> costs = macs_of(subject)(std::vector<int>{0, 1});
  const double budget = (costs[0] + costs[1]) / 2;
  const DatasetSource source(drawn, as_input);
  const Scores scores = record_scores(executor, source).value();
  const RuleData calibration(exit_table(scores), scores.labels, macs_of(subject));
  ShiftPlan plan{.policy = {.thresholds = {2.0F}},
                 .max_macs = static_cast<int64_t>(costs[0]),
                 .controller =
                     [&] {
                       return BudgetController(calibration, {.thresholds = {0.6F, {}}, .last = 1},
                                               budget, {.window = 4});
                     },
                 .batch = 4};
  const ShiftReport report = measure_shift(executor, drawn, as_input, "input", plan).value();
  for (const ShiftRow& row : report.rows) {
    ASSERT_TRUE(row.cap && row.control);
    EXPECT_DOUBLE_EQ(row.policy.mean_macs, costs[1]);
    EXPECT_DOUBLE_EQ(row.cap->mean_macs, costs[0]);
    EXPECT_EQ(row.control->control->steps.size(), 6U);
  }
  EXPECT_NEAR(report.sequence.control->mean_macs, budget, 0.05 * budget);
  const auto json = nlohmann::json::parse(shift_json(report));
  EXPECT_EQ(json["n"], kSamples);
  EXPECT_TRUE(json["rows"][0]["corruption"].is_null());
  EXPECT_EQ(json["rows"][7]["corruption"], "blur");
  EXPECT_EQ(json["rows"][7]["strength"], 2);
  EXPECT_EQ(json["sequence"]["control"]["steps"].size(), 96U);
  plan.max_macs = 1;
  EXPECT_EQ(measure_shift(executor, drawn, as_input, "input", plan).error().kind,
            ErrorKind::kUsage);
}

}  // namespace
}  // namespace fovea
