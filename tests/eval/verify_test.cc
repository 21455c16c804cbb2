#include "eval/verify.h"

#include <gmock/gmock.h>

#include <cmath>
#include <memory>

#include "eval/report_json.h"
#include "reference/reference.h"

namespace fovea {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Optional;
using testing::SizeIs;

/// x [2] -> three exits: x, 2·x, 4·x.
Graph doubling() {
  return parse_graph(
             "fovea-graph 1\ngraph doubling\nops exit@1 linear@1\ninput input [2]\n"
             "exit.0 = exit(input)\n"
             "b = linear(input) features=2 bias=none\nexit.1 = exit(b)\n"
             "c = linear(b) features=2 bias=none\nexit.2 = exit(c)\n",
             "test")
      .value();
}

NamedTensors two() {
  const Tensor weight({2, 2}, std::vector<float>{2, 0, 0, 2});
  return {{"b.weight", weight}, {"c.weight", weight}};
}

/// Confidences at exit 0: 0.98, 0.88, 0.73, 0.62; at exit 1: 0.9997, 0.98, 0.88, 0.73.
TensorSource four_samples() {
  return TensorSource({{"input", Tensor({4, 2}, std::vector<float>{4, 0, 0, 2, 1, 0, 0, 0.5F})}},
                      {0, 1, 0, 1});
}

Policy by_confidence() { return {.thresholds = {0.9F, 0.9F}}; }

/// An executor that does something else than it was told.
class Tampered final : public Executor {
 public:
  std::function<void(Policy&)> before = [](Policy&) {};
  std::function<void(Outputs&)> after = [](Outputs&) {};

  [[nodiscard]] const Graph& graph() const override { return inner_.graph(); }
  Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) override {
    ++runs;
    RunOptions changed = options;
    Policy policy;
    if (options.policy != nullptr) {
      policy = *options.policy;
      before(policy);
      changed.policy = &policy;
    }
    Status status = inner_.run(inputs, changed, outputs);
    if (status.ok()) after(outputs);
    return status;
  }
  int runs = 0;

 private:
  ReferenceExecutor inner_{doubling(), two()};
};

class Verify : public testing::Test {
 protected:
  Verification verified(const Policy& policy,
                        const VerifyOptions& options = {.pass = {.batch = 3}}) {
    return verify(honest, adaptive, source, policy, options).value();
  }

  ReferenceExecutor honest{doubling(), two()};
  Tampered adaptive;
  TensorSource source = four_samples();
};

TEST_F(Verify, AgreesWithAnHonestExecutorUnderEveryPolicy) {
  auto trace = std::make_shared<Trace>();
  trace->points["exit"] = Tensor::i64({4});
  trace->points["exit"].data<int64_t>()[3] = 2;
  for (const Policy& policy :
       {by_confidence(), Policy{}, Policy{.exit = 1}, Policy{.thresholds = {std::nullopt, 0.9F}},
        Policy{.max_macs = 4}, Policy{.replay = trace}, Policy{.deadline_ms = 1e9},
        Policy{.patience = 2}, Policy{.thresholds = {0.9F, 1.0F}, .patience = 2}}) {
    const Verification result = verified(policy);
    EXPECT_EQ(result.n, 4);
    EXPECT_EQ(result.agree, 4) << policy_to_json(policy);
    EXPECT_THAT(result.disagree, IsEmpty());
  }
}

TEST_F(Verify, ReportsExecutedWorkOfBothPasses) {
  // Samples leave at exits 0, 1, 2, 2 after 0, 4, 8, 8 multiply-adds.
  const Verification result = verified(by_confidence());
  EXPECT_DOUBLE_EQ(result.macs_full, 8);
  EXPECT_DOUBLE_EQ(result.macs_adaptive, 5);
  EXPECT_GE(result.ms_full, result.load_ms);
  EXPECT_GE(result.ms_adaptive, result.load_ms);
}

TEST_F(Verify, FailsWhereOneDecisionIsFlipped) {
  adaptive.after = [](Outputs& outputs) {
    if (outputs.exit.numel() == 3) outputs.exit.data<int64_t>()[1] = 2;
  };
  const Verification result = verified(by_confidence());
  EXPECT_EQ(result.agree, 3);
  ASSERT_THAT(result.disagree, SizeIs(1));
  EXPECT_EQ(result.disagree[0].sample, 1);
  EXPECT_EQ(result.disagree[0].text(), "sample 1: exit 2 (expected 1), class 1 (expected 1)");
}

TEST_F(Verify, FailsWhereADecisionIsFlippedInTheLastBatch) {
  adaptive.after = [](Outputs& outputs) {
    if (outputs.exit.numel() == 1) outputs.exit.data<int64_t>()[0] = 1;
  };
  const Verification result = verified(by_confidence());
  ASSERT_THAT(result.disagree, SizeIs(1));
  EXPECT_EQ(result.disagree[0].sample, 3);
}

TEST_F(Verify, FailsWhereOneThresholdIsFlipped) {
  adaptive.before = [](Policy& policy) { policy.thresholds[1] = 0.8F; };
  const Verification result = verified(by_confidence());
  ASSERT_THAT(result.disagree, SizeIs(1));
  EXPECT_EQ(result.disagree[0].sample, 2);
  EXPECT_EQ(result.disagree[0].expected_exit, 2);
  EXPECT_EQ(result.disagree[0].found_exit, 1);
}

TEST_F(Verify, FailsWherePatienceIsNotKept) {
  adaptive.before = [](Policy& policy) { policy.patience.reset(); };
  // Everybody's first two exits agree, so that the last is asked of nobody.
  EXPECT_THAT(verified({.patience = 2}).disagree, SizeIs(4));
}

TEST_F(Verify, FailsWhereOneBitOfAnAnswerDiffers) {
  adaptive.after = [](Outputs& outputs) {
    outputs.logits.f()[0] = std::nextafter(outputs.logits.f()[0], 100.0F);
  };
  const Verification result = verified(by_confidence());
  ASSERT_THAT(result.disagree, SizeIs(2));
  EXPECT_EQ(result.disagree[0].text(), "sample 0: logits at exit 0 have other bits");
}

TEST_F(Verify, LetsADeadlineLeaveEarlierButNotLater) {
  const Policy policy{.thresholds = {0.9F, 0.9F}, .deadline_ms = 1e9};
  adaptive.before = [](Policy& p) { p = Policy{.exit = 1}; };
  const Verification result = verified(policy);
  ASSERT_THAT(result.disagree, SizeIs(1));
  EXPECT_EQ(result.disagree[0].sample, 0);
}

TEST_F(Verify, ComparesUnderRulesForOtherDecisionPoints) {
  const Graph gated = parse_graph(
                          "fovea-graph 1\ngraph gated\nops decide@1 exit@1 linear@1 route@1\n"
                          "input input [2]\nexit.0 = exit(input)\n"
                          "score = linear(input) features=1\ngate = decide(score)\n"
                          "more = route(gate, input) combine=residual {\n"
                          "  body yes(x0 [2]) {\n    y = linear(x0) features=2\n    return y\n"
                          "  }\n}\nexit.1 = exit(more)\n",
                          "test")
                          .value();
  NamedTensors params;
  for (const Param& param : gated.params()) {
    params[param.name] = Tensor::f32(param.shape);
    std::fill_n(params[param.name].f(), param.shape.numel(), 0.25F);
  }
  ReferenceExecutor executor(gated, params);
  for (const int64_t choice : {0, 1}) {
    const Policy policy{.thresholds = {0.9F}, .points = {{"gate", {.force = choice}}}};
    const Verification result = verify(executor, executor, source, policy).value();
    EXPECT_EQ(result.agree, 4);
    EXPECT_DOUBLE_EQ(result.macs_full, choice == 1 ? 6 : 2);
  }
}

TEST_F(Verify, DividesTheFullRunsSegmentsByTheAdaptiveTime) {
  // Times of segments as an executor would report them: 3 and 1 samples a batch.
  const SegmentClock clock = [] { return std::vector<double>{3000, 6000, 12000}; };
  const Verification result =
      verified(by_confidence(), {.pass = {.batch = 4}, .segment_ms = clock});
  ASSERT_TRUE(result.realisation);
  const double adaptive_ms = 4 * (result.ms_adaptive - result.load_ms);
  // Exits 0, 1, 2, 2: 4 samples in segment 0, 3 in segment 1, 2 in segment 2; a quarter each.
  EXPECT_THAT(*result.realisation * adaptive_ms, DoubleNear(3000 + 4500 + 6000, 1e-3));
}

TEST_F(Verify, MeasuresTheSegmentsOfThePolicysExits) {
  Tampered full;
  std::vector<Policy> policies;
  full.before = [&](Policy& policy) { policies.push_back(policy); };
  const SegmentClock clock = [] { return std::vector<double>{8}; };
  const Policy policy{.exit = 1};
  const Verification result =
      verify(full, adaptive, source, policy, {.pass = {.warmups = 0}, .segment_ms = clock}).value();
  ASSERT_THAT(policies, SizeIs(1));
  EXPECT_THAT(policies[0].exit, Optional(1));
  EXPECT_EQ(full.runs, 2);
  const double adaptive_ms = 4 * (result.ms_adaptive - result.load_ms);
  EXPECT_THAT(result.realisation.value() * adaptive_ms, DoubleNear(8, 1e-6));
}

TEST_F(Verify, TakesTheLeastTimeOfItsRounds) {
  Tampered full;
  int call = 0;
  const SegmentClock clock = [&] {
    ++call;
    return call == 2 ? std::vector<double>{1, 1, 1} : std::vector<double>{900, 900, 900};
  };
  const Verification result =
      verify(full, adaptive, source, by_confidence(),
             {.pass = {.batch = 4, .warmups = 0}, .segment_ms = clock, .rounds = 3})
          .value();
  EXPECT_EQ(full.runs, 3);
  EXPECT_EQ(result.agree, 4);
  const double adaptive_ms = 4 * (result.ms_adaptive - result.load_ms);
  EXPECT_THAT(result.realisation.value() * adaptive_ms, DoubleNear(9.0 / 4, 1e-6));
}

TEST_F(Verify, HasNoRealisationWithoutSegmentTimes) {
  EXPECT_FALSE(verified(by_confidence()).realisation);
  const SegmentClock silent = [] { return std::vector<double>{}; };
  EXPECT_FALSE(verified(by_confidence(), {.segment_ms = silent}).realisation);
}

TEST_F(Verify, RefusesAReplayOfOtherDecisionPoints) {
  auto trace = std::make_shared<Trace>();
  trace->points["gate"] = Tensor::i64({4});
  const auto refused = verify(honest, adaptive, source, {.replay = trace});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(refused.error().message(), HasSubstr("point 'gate'"));
}

TEST_F(Verify, SaysItInJson) {
  EXPECT_EQ(verification_json({.n = 2,
                               .agree = 1,
                               .disagree = {{.sample = 1}},
                               .macs_full = 8,
                               .macs_adaptive = 4,
                               .ms_full = 2,
                               .ms_adaptive = 1},
                              std::nullopt, std::nullopt, {.policy = {.exit = 0}}),
            R"({"n":2,"agree":1,"disagree":[1],"macs_full":8.0,"macs_adaptive":4.0,)"
            R"("ms_full":2.0,"ms_adaptive":1.0,"realisation":null,"drop":null,"lost":0,)"
            R"("gained":0,"certificate":null,"policy":{"exit":0},"expected":null})");
  const std::string promised =
      verification_json({.n = 400, .agree = 400, .changes = {.n = 400, .lost = 2, .gained = 1}},
                        Promise{.max_drop = 25, .confidence = 95}, 400, {});
  EXPECT_THAT(promised, HasSubstr(R"("drop":0.25,"lost":2,"gained":1)"));
  EXPECT_THAT(promised, HasSubstr(R"("certificate":{"max_drop":25.0,"confidence":95.0,"bound":)"));
  EXPECT_THAT(promised, HasSubstr(R"("verdict":"kept","calibrated_on":400})"));
}

TEST_F(Verify, CountsRightAnswersThatChange) {
  const auto unchanged = verified(by_confidence()).changes;
  EXPECT_EQ(unchanged.n, 4);
  EXPECT_EQ(unchanged.lost + unchanged.gained, 0);
  adaptive.after = [](Outputs& outputs) {
    for (float& logit : outputs.logits.data<float>()) logit = -logit;
  };
  // All four are right at the last exit.
  EXPECT_EQ(verified(by_confidence()).changes.lost, 4);
  const TensorSource unlabelled(four_samples().load(0, 4).value().inputs);
  EXPECT_EQ(verify(honest, adaptive, unlabelled, by_confidence()).value().changes.n, 0);
}

TEST(ExecutedSegments, CountOnlyThoseUpToTheExit) {
  const std::vector<double> segments{10, 20};
  const std::vector<int> asked{0, 2};
  const std::vector<int64_t> exits{0, 2};
  EXPECT_DOUBLE_EQ(executed_segment_ms(segments, asked, exits), 20);
}

}  // namespace
}  // namespace fovea
