// The learner as an executor: equal to the reference under every policy and mode.
#include "learner/executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/cost.h"
#include "reference/reference.h"
#include "support/random_graph.h"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing_support::random_network;
using testing_support::RandomNetwork;
using testing_support::worst_difference;

constexpr int kNetworks = 60;

TEST(LearnerExecutor, EqualsTheReferenceOnRandomNetworks) {
  for (uint64_t seed = 0; seed < kNetworks; ++seed) {
    SCOPED_TRACE(seed);
    const RandomNetwork net = random_network(seed);
    // Decisions of the reference are replayed: float noise must not flip one.
    Trace trace;
    Outputs expected;
    ReferenceExecutor(net.graph, net.params).run(net.inputs, {.trace = &trace}, expected).value();
    Policy replay;
    for (int e = 0; e + 1 < net.graph.n_exits(); ++e) replay.thresholds.emplace_back(1e30F);
    replay.replay = std::make_shared<const Trace>(trace);
    Outputs got;
    Trace traced;
    make_learner_executor(net.graph, net.params)
        ->run(net.inputs, {.policy = &replay, .trace = &traced}, got)
        .value();
    EXPECT_LE(worst_difference(got.logits, expected.exit_logits.back()), 1e-4);
    EXPECT_EQ(got.work.macs, expected.work.macs);
    EXPECT_EQ(got.work.body_cells, expected.work.body_cells);
    for (const auto& [name, point] : trace.points) {
      ASSERT_TRUE(traced.points.contains(name)) << name;
      EXPECT_THAT(traced.points.at(name).data<int64_t>(),
                  testing::ElementsAreArray(point.data<int64_t>()))
          << name;
    }
  }
}

TEST(LearnerExecutor, LeavesWhereTheReferenceLeaves) {
  for (uint64_t seed = 0; seed < kNetworks; ++seed) {
    SCOPED_TRACE(seed);
    const RandomNetwork net = random_network(seed);
    ReferenceExecutor reference(net.graph, net.params);
    Outputs all;
    reference.run(net.inputs, {}, all).value();
    const Policy policy = testing_support::random_policy(seed, net.graph, all.exit_logits);
    Trace trace;
    Outputs expected;
    reference.run(net.inputs, {.policy = &policy, .trace = &trace}, expected).value();
    Policy replay;
    replay.replay = std::make_shared<const Trace>(trace);
    Outputs got;
    make_learner_executor(net.graph, net.params)->run(net.inputs, {.policy = &replay}, got).value();
    Outputs expected_replay;
    reference.run(net.inputs, {.policy = &replay}, expected_replay).value();
    EXPECT_LE(worst_difference(got.logits, expected.logits), 1e-4);
    EXPECT_LE(worst_difference(got.score, expected.score), 1e-4);
    EXPECT_THAT(got.exit.data<int64_t>(), testing::ElementsAreArray(expected.exit.data<int64_t>()));
    EXPECT_THAT(got.macs.data<int64_t>(),
                testing::ElementsAreArray(expected_replay.macs.data<int64_t>()));
  }
}

class LearnerModes : public testing::TestWithParam<Mode> {};

TEST_P(LearnerModes, EqualTheReferenceInTheSameMode) {
  for (uint64_t seed = 0; seed < kNetworks / 2; ++seed) {
    SCOPED_TRACE(seed);
    const RandomNetwork net = random_network(seed);
    Trace trace;
    Outputs expected;
    ReferenceExecutor(net.graph, net.params, {.mode = GetParam()})
        .run(net.inputs, {.trace = &trace}, expected)
        .value();
    Policy replay;
    for (int e = 0; e + 1 < net.graph.n_exits(); ++e) replay.thresholds.emplace_back(1e30F);
    replay.replay = std::make_shared<const Trace>(trace);
    Outputs got;
    make_learner_executor(net.graph, net.params, {.mode = GetParam()})
        ->run(net.inputs, {.policy = &replay}, got)
        .value();
    EXPECT_LE(worst_difference(got.logits, expected.exit_logits.back()), 1e-4);
    EXPECT_EQ(got.work.macs, expected.work.macs);
  }
}
INSTANTIATE_TEST_SUITE_P(Modes, LearnerModes,
                         testing::Values(Mode::kSoft, Mode::kMasked, Mode::kCompact));

TEST(LearnerExecutor, AnAnswerDoesNotDependOnBatchMates) {
  for (uint64_t seed = 0; seed < kNetworks / 2; ++seed) {
    SCOPED_TRACE(seed);
    const RandomNetwork net = random_network(seed);
    const auto executor = make_learner_executor(net.graph, net.params);
    Outputs together;
    Trace trace;
    executor->run(net.inputs, {.trace = &trace}, together).value();
    for (int64_t i = 0; i < net.n; ++i) {
      NamedTensors alone;
      for (const auto& [name, tensor] : net.inputs) alone[name] = tensor.rows(i, i + 1).clone();
      Trace own;
      Outputs out;
      executor->run(alone, {.trace = &own}, out).value();
      bool same = true;  // a score within float noise of its threshold may go either way
      for (const auto& [name, point] : own.points) {
        same = same && point.data<int64_t>()[0] ==
                           trace.points.at(name).data<int64_t>()[static_cast<size_t>(i)];
      }
      if (!same) continue;
      for (size_t e = 0; e < out.exit_logits.size(); ++e) {
        EXPECT_LE(worst_difference(out.exit_logits[e], together.exit_logits[e].rows(i, i + 1)),
                  1e-5);
      }
    }
  }
}

TEST(LearnerExecutor, ComputesOnlyWhatAFixedExitNeeds) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const RandomNetwork net = random_network(seed);
    std::map<std::string, int> operators;
    testing_support::count_operators(net.graph, operators);
    bool routes = false;
    for (const auto& [name, count] : operators) routes = routes || name.starts_with("route");
    if (routes) continue;  // their cost depends on the decision
    const auto executor = make_learner_executor(net.graph, net.params);
    for (int e = 0; e < net.graph.n_exits(); ++e) {
      Policy fixed;
      fixed.exit = e;
      Outputs out;
      executor->run(net.inputs, {.policy = &fixed}, out).value();
      EXPECT_EQ(out.macs.data<int64_t>()[0],
                exit_costs(net.graph)[static_cast<size_t>(e)].macs_single);
    }
  }
}

/// Two exits on one scalar: the logits of exit 1 are those of exit 0, doubled.
Graph two_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph two\nops exit@1 add@1\ninput input [2]\n"
             "exit.0 = exit(input)\nsum = add(input, input)\nexit.1 = exit(sum)\n",
             "test")
      .value();
}

TEST(LearnerExecutor, ACallbackEndsASampleAndADeadlineEndsAll) {
  const auto executor = make_learner_executor(two_exits(), {});
  const NamedTensors input{{"input", Tensor({2, 2}, std::vector<float>{1, 2, 3, 4})}};
  Policy asks;
  asks.thresholds.emplace_back(1e30F);
  Outputs out;
  executor
      ->run(input,
            {.policy = &asks,
             .on_exit =
                 [](const ExitReady& ready) {
                   return ready.sample == 1 ? Anytime::kLeave : Anytime::kGoOn;
                 }},
            out)
      .value();
  EXPECT_THAT(out.exit.data<int64_t>(), testing::ElementsAre(1, 0));
  EXPECT_THAT(out.logits.data<float>(), testing::ElementsAre(2, 4, 3, 4));
  Policy hurry;
  hurry.deadline_ms = 0;
  executor->run(input, {.policy = &hurry}, out).value();
  EXPECT_THAT(out.exit.data<int64_t>(), testing::ElementsAre(0, 0));
}

TEST(LearnerExecutor, TapsOfSamplesThatLeftAreZero) {
  const auto executor = make_learner_executor(two_exits(), {}, {.taps = {"sum"}});
  const NamedTensors input{{"input", Tensor({2, 2}, std::vector<float>{0, 9, 0, 0})}};
  Policy policy;
  policy.thresholds.emplace_back(0.9F);
  Outputs out;
  executor->run(input, {.policy = &policy}, out).value();
  EXPECT_THAT(out.exit.data<int64_t>(), testing::ElementsAre(0, 1));
  EXPECT_THAT(out.taps.at("sum").data<float>(), testing::Each(0.0F));
}

std::string construction_error(const LearnerExecutorOptions& options) {
  try {
    const auto executor = make_learner_executor(two_exits(), {}, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(LearnerExecutor, NamesWhatIsWrong) {
  EXPECT_THAT(construction_error({.taps = {"sun"}}), HasSubstr("no value 'sun' to tap"));
  EXPECT_THAT(construction_error({.device = "gpu!"}), HasSubstr("no such device"));
  const auto executor = make_learner_executor(two_exits(), {});
  Outputs out;
  EXPECT_EQ(executor->run({}, {}, out).error().kind, ErrorKind::kBadInput);
  Policy wrong;
  wrong.exit = 7;
  const NamedTensors input{{"input", Tensor({1, 2}, std::vector<float>{1, 2})}};
  EXPECT_EQ(executor->run(input, {.policy = &wrong}, out).error().kind, ErrorKind::kUsage);
}

}  // namespace
}  // namespace fovea
