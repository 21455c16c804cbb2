// Where samples leave under patience, temperatures and other scores: in every executor as hindsight
// says, whatever the company, the threads and the micro-batch.
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/noise.h"
#include "calibrate/hindsight.h"
#include "graph/cost.h"
#include "ops/builder.h"
#include "support/dynamic_subjects.h"
#include "support/executors.h"

namespace fovea {
namespace {

using testing_support::ExecutorUnderTest;
using testing_support::subject_inputs;
using testing_support::subject_params;

constexpr int64_t kSamples = 23;
constexpr int kExits = 5;
constexpr int64_t kClasses = 3;

/// Five exits of little agreement, each scored in its own way.
Graph five_exits() {
  constexpr std::array<Exit, kExits> kScored{{{.temperature = 0.5},
                                              {.metric = Metric::kMargin},
                                              {.metric = Metric::kNegEntropy, .temperature = 3},
                                              {},
                                              {}}};
  Builder b("five");
  ValueHandle x = b.input("input", {12});
  for (int e = 0; e < kExits; ++e) {
    const std::string name = std::to_string(e);
    x = b.relu("relu" + name, b.linear("layer" + name, x, {.features = 12}));
    b.exit(b.linear("head" + name, x, {.features = kClasses}), kScored[static_cast<size_t>(e)]);
  }
  return b.finish();
}

class Exits : public testing::TestWithParam<ExecutorUnderTest> {
 protected:
  [[nodiscard]] std::unique_ptr<Executor> make(
      const NamedTensors& params, const testing_support::ExecutorSettings& settings = {}) const {
    return testing_support::make_executor(GetParam(), network, params, settings);
  }
  static Outputs run(Executor& executor, const NamedTensors& inputs, const Policy& policy,
                     Trace* trace = nullptr) {
    Outputs out;
    executor.run(inputs, {.policy = &policy, .trace = trace}, out).value();
    return out;
  }
  static std::vector<int> exits_of(const Outputs& out) {
    const auto exits = out.exit.data<int64_t>();
    return {exits.begin(), exits.end()};
  }
  /// The executor's own scores of every exit.
  [[nodiscard]] ExitTable recorded(Executor& executor) const {
    Outputs out;
    executor.run(samples, {}, out).value();
    Scores scores{.values = Tensor::f32({kExits, kSamples, kClasses}),
                  .labels = std::vector<int64_t>(kSamples, -1),
                  .costs = std::vector<int64_t>(kExits, 0),
                  .scoring = exit_scoring(network)};
    for (int e = 0; e < kExits; ++e) {
      const Tensor& logits = out.exit_logits[static_cast<size_t>(e)];
      std::copy_n(logits.f(), logits.numel(), scores.values.f() + e * logits.numel());
    }
    return exit_table(scores);
  }
  static std::vector<Policy> policies() {
    return {Policy{.patience = 2},
            Policy{.patience = 3},
            Policy{.patience = 4},
            Policy{.patience = 2, .exit = 3},
            Policy{.thresholds = {0.7F, 0.2F, 0.01F, 0.6F}},
            Policy{.thresholds = {0.7F, std::nullopt, 1e8F, 0.6F}, .patience = 2},
            Policy{.thresholds = {1e8F, std::nullopt, 1e8F, 1e8F}, .patience = 3}};
  }

  Graph network = five_exits();
  NamedTensors weights = subject_params(network, 8);
  NamedTensors samples = subject_inputs(network, kSamples, 6);
};

TEST_P(Exits, AreThoseThatHindsightSays) {
  const auto executor = make(weights);
  const ExitTable table = recorded(*executor);
  std::vector<int64_t> left(kExits, 0);
  for (const Policy& policy : policies()) {
    const Outputs out = run(*executor, samples, policy);
    EXPECT_EQ(exits_of(out), exits_in_hindsight(table, policy, network).value())
        << policy_to_json(policy);
    for (const int exit : exits_of(out)) ++left[static_cast<size_t>(exit)];
  }
  // The test says something only where samples part.
  EXPECT_THAT(left, testing::Each(testing::Gt(0)));
}

TEST_P(Exits, OfASampleDoNotDependOnItsCompany) {
  const auto executor = make(weights);
  for (const Policy& policy : policies()) {
    const Outputs whole = run(*executor, samples, policy);
    for (int64_t i = 0; i < kSamples; ++i) {
      const NamedTensors one{{"input", samples.at("input").rows(i, i + 1).clone()}};
      EXPECT_EQ(exits_of(run(*executor, one, policy))[0], exits_of(whole)[static_cast<size_t>(i)]);
    }
    for (const auto& settings :
         {testing_support::ExecutorSettings{2, 1}, testing_support::ExecutorSettings{3, 8}}) {
      const auto other = make(weights, settings);
      EXPECT_EQ(exits_of(run(*other, samples, policy)), exits_of(whole));
    }
  }
}

TEST_P(Exits, CostWhatLeavingThereCosts) {
  const auto executor = make(weights);
  for (const Policy& policy : policies()) {
    const Outputs out = run(*executor, samples, policy);
    const std::vector<int> asked = resolve(policy, network).value().asked;
    const std::vector<int64_t> macs = macs_when_leaving(network, asked);
    for (size_t i = 0; i < kSamples; ++i) {
      const auto at = std::find(asked.begin(), asked.end(), exits_of(out)[i]);
      EXPECT_EQ(out.macs.data<int64_t>()[i], macs[static_cast<size_t>(at - asked.begin())]);
    }
  }
}

TEST_P(Exits, ReplayGivesTheSameAnswers) {
  const auto executor = make(weights);
  for (const Policy& policy : policies()) {
    Trace trace;
    const Outputs first = run(*executor, samples, policy, &trace);
    Policy replay;
    replay.replay = std::make_shared<const Trace>(trace);
    const Outputs again = run(*executor, samples, replay);
    EXPECT_EQ(exits_of(again), exits_of(first));
    EXPECT_EQ(std::memcmp(again.logits.raw(), first.logits.raw(), first.logits.bytes()), 0);
  }
}

TEST_P(Exits, MorePatienceNeverLeavesEarlier) {
  const auto executor = make(weights);
  std::vector<int> before(kSamples, 0);
  for (int patience = 2; patience < kExits; ++patience) {
    const std::vector<int> exits = exits_of(run(*executor, samples, {.patience = patience}));
    for (size_t i = 0; i < exits.size(); ++i) {
      EXPECT_GE(exits[i], std::max(before[i], patience - 1));
    }
    before = exits;
  }
}

TEST_P(Exits, AfterTheOneTakenAreNotComputed) {
  const auto clean = make(weights);
  const Policy policy{.patience = 2, .exit = 3};
  const Outputs expected = run(*clean, samples, policy);
  NamedTensors poisoned = weights;
  for (const char* name : {"layer4.weight", "head4.weight"}) {
    poisoned[name] = weights.at(name).clone();
    std::fill_n(poisoned[name].f(), poisoned[name].numel(),
                std::numeric_limits<float>::quiet_NaN());
  }
  const Outputs out = run(*make(poisoned), samples, policy);
  EXPECT_EQ(std::memcmp(out.logits.raw(), expected.logits.raw(), expected.logits.bytes()), 0);
}

TEST_P(Exits, ScoresThatAreNoNumbersAgreeWithNothing) {
  NamedTensors poisoned = weights;
  poisoned["head1.bias"] = weights.at("head1.bias").clone();
  poisoned["head1.bias"].f()[0] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<int> exits = exits_of(run(*make(poisoned), samples, {.patience = 2}));
  // Exits 0 and 1 do not agree, nor do 1 and 2.
  EXPECT_THAT(exits, testing::Each(testing::Ge(3)));
}

TEST_P(Exits, RefuseAPatienceThatTheNetworkCannotShow) {
  Outputs out;
  const Policy policy{.patience = kExits};
  const Status refused = make(weights)->run(samples, {.policy = &policy}, out);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
  EXPECT_THAT(refused.error().message(), testing::HasSubstr("2 to 4 of the 5 exits asked"));
}

INSTANTIATE_TEST_SUITE_P(Executors, Exits,
                         testing::ValuesIn(testing_support::executors_under_test()),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace fovea
