// The invariants I1-I7 and the proofs G1-G7, G11, G12 of specs/survey.md 7.1 and 8.1, as one suite
// that every dynamic operator joins, in every executor.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/noise.h"
#include "reference/reference.h"
#include "support/dynamic_subjects.h"
#include "support/executors.h"
#include "support/random_graph.h"

namespace fovea {
namespace {

using testing_support::ExecutorUnderTest;
using testing_support::Subject;
using testing_support::subject_inputs;
using testing_support::subject_params;
using testing_support::worst_difference;

constexpr int64_t kSamples = 11;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Case {
  Subject subject;
  ExecutorUnderTest executor;
};

std::vector<Case> cases() {
  std::vector<Case> out;
  for (const Subject& subject : testing_support::dynamic_subjects()) {
    for (const ExecutorUnderTest& executor : testing_support::executors_under_test()) {
      out.push_back({subject, executor});
    }
  }
  return out;
}

class Dynamic : public testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] const Subject& subject() const { return GetParam().subject; }
  [[nodiscard]] const ExecutorUnderTest& executor() const { return GetParam().executor; }
  [[nodiscard]] std::unique_ptr<Executor> make(
      const Graph& graph, const NamedTensors& params,
      const testing_support::ExecutorSettings& settings = {}) const {
    return testing_support::make_executor(executor(), graph, params, settings);
  }
  [[nodiscard]] std::unique_ptr<Executor> make() const {
    return make(subject().graph, subject_weights);
  }
  static Outputs run(Executor& executor, const NamedTensors& inputs, const Policy& policy,
                     Trace* trace = nullptr) {
    Outputs out;
    executor.run(inputs, {.policy = &policy, .trace = trace}, out).value();
    return out;
  }
  /// Forced decisions: nobody, one sample, about a third, everybody at `choice`, the others at 0.
  [[nodiscard]] std::vector<std::vector<int64_t>> patterns(int64_t choice) const {
    std::vector<std::vector<int64_t>> out(4, std::vector<int64_t>(kSamples, 0));
    out[1][4] = choice;
    for (int64_t i = 0; i < kSamples; ++i) {
      if (Noise(7).uniform(static_cast<uint64_t>(i)) < 0.3) out[2][static_cast<size_t>(i)] = choice;
    }
    std::fill(out[3].begin(), out[3].end(), choice);
    return out;
  }
  /// Equal bits, or what the executor allows in other company.
  [[nodiscard]] bool same(const Tensor& got, const Tensor& expected) const {
    if (executor().company_tolerance > 0) {
      return worst_difference(got, expected) <= executor().company_tolerance;
    }
    return got.bytes() == expected.bytes() &&
           std::memcmp(got.raw(), expected.raw(), got.bytes()) == 0;
  }
  static bool finite(const Tensor& tensor) {
    return std::all_of(tensor.data<float>().begin(), tensor.data<float>().end(),
                       [](float v) { return std::isfinite(v); });
  }

  NamedTensors subject_weights = subject_params(subject().graph, 3);
  NamedTensors samples = subject_inputs(subject().graph, kSamples, 5);
};

TEST_P(Dynamic, G1CountersEqualTheFormulaForForcedDecisions) {
  const auto running = make();
  for (int64_t choice = 1; choice < subject().n_choices; ++choice) {
    for (const auto& pattern : patterns(choice)) {
      const Outputs out = run(*running, samples, subject().decide(pattern));
      int64_t total = 0;
      // An exit that nobody takes has no head computed, so a lone choice costs what it alone needs.
      const bool alone =
          std::all_of(pattern.begin(), pattern.end(), [&](int64_t c) { return c == pattern[0]; });
      for (size_t i = 0; i < pattern.size(); ++i) {
        int64_t expected = subject().macs(pattern[i]);
        if (alone && subject().name == "exit") {
          Policy fixed;
          fixed.exit = static_cast<int>(pattern[0]);
          expected = run(*running, samples, fixed).macs.data<int64_t>()[i];
        }
        EXPECT_EQ(out.macs.data<int64_t>()[i], expected)
            << "sample " << i << " choice " << pattern[i];
        total += expected;
      }
      EXPECT_EQ(out.work.macs, total);
    }
  }
}

TEST_P(Dynamic, G2NothingOfABodyRunsThatNobodyChose) {
  const auto running = make();
  const Outputs none = run(*running, samples, subject().decide(patterns(1)[0]));
  const Outputs some = run(*running, samples, subject().decide(patterns(1)[1]));
  EXPECT_LT(none.work.launches, some.work.launches);
  for (const auto& [body, cells] : none.work.body_cells)
    EXPECT_THAT(body, testing::HasSubstr("/body0"));
  if (subject().name != "exit") {
    EXPECT_EQ(some.work.body_cells.at("route/body1"), 1);
  }
}

TEST_P(Dynamic, G3DataThatMustNotBeReadMayBePoison) {
  const auto running = make();
  for (int64_t choice = 1; choice < subject().n_choices; ++choice) {
    for (const auto& pattern : patterns(choice)) {
      const Policy policy = subject().decide(pattern);
      const Outputs clean = run(*running, samples, policy);
      NamedTensors poisoned = samples;
      poisoned["detail"] = samples["detail"].clone();
      const int64_t row = poisoned["detail"].numel() / kSamples;
      for (int64_t i = 0; i < kSamples; ++i) {
        if (pattern[static_cast<size_t>(i)] == 0)
          std::fill_n(poisoned["detail"].f() + i * row, row, kNan);
      }
      const Outputs out = run(*running, poisoned, policy);
      EXPECT_TRUE(finite(out.logits));
      EXPECT_EQ(worst_difference(out.logits, clean.logits), 0.0);
    }
  }
}

TEST_P(Dynamic, G3TheMaskedFormFailsThePoisonTest) {
  // The test tells a real skip from a multiplication by zero.
  ReferenceExecutor masked(subject().graph, subject_weights, {.mode = Mode::kMasked});
  NamedTensors poisoned = samples;
  poisoned["detail"] = Tensor::f32(samples["detail"].shape());
  std::fill_n(poisoned["detail"].f(), poisoned["detail"].numel(), kNan);
  const Outputs out = run(masked, poisoned, subject().decide(std::vector<int64_t>(kSamples, 0)));
  // An exit's logits do not pass through what follows; there masked and compact agree.
  EXPECT_EQ(finite(out.logits), subject().name == "exit");
}

TEST_P(Dynamic, G4WeightsOfUnchosenBodiesMayBePoison) {
  for (int64_t poison = 1; poison < subject().n_choices; ++poison) {
    NamedTensors params = subject_weights;
    for (auto& [name, tensor] : params) {
      for (const std::string& prefix : subject().params_only_of(poison)) {
        if (!name.starts_with(prefix)) continue;
        tensor = tensor.clone();
        std::fill_n(tensor.f(), tensor.numel(), kNan);
      }
    }
    const auto running = make(subject().graph, params);
    const auto clean = make();
    const Policy policy = subject().decide(
        std::vector<int64_t>(kSamples, poison == 1 && subject().n_choices > 2 ? 2 : 0));
    EXPECT_TRUE(finite(run(*running, samples, policy).logits));
    EXPECT_EQ(worst_difference(run(*running, samples, policy).logits,
                               run(*clean, samples, policy).logits),
              0.0);
    const Policy chosen = subject().decide(std::vector<int64_t>(kSamples, poison));
    EXPECT_FALSE(finite(run(*running, samples, chosen).logits));
  }
}

TEST_P(Dynamic, G5MaskedAndCompactAgree) {
  ReferenceExecutor masked(subject().graph, subject_weights, {.mode = Mode::kMasked});
  const auto compact = make();
  for (const auto& pattern : patterns(subject().n_choices - 1)) {
    const Policy policy = subject().decide(pattern);
    EXPECT_LE(worst_difference(run(*compact, samples, policy).logits,
                               run(masked, samples, policy).logits),
              1e-5);
  }
}

TEST_P(Dynamic, G6AllOfOneChoiceEqualThePlainNetwork) {
  const auto running = make();
  for (int64_t choice = 0; choice < subject().n_choices; ++choice) {
    const auto plain = subject().plain(choice);
    ASSERT_TRUE(plain.has_value());
    NamedTensors params;
    for (const Param& param : plain->params()) {
      if (param.role != ParamRole::kCounter) params[param.name] = subject_weights.at(param.name);
    }
    const auto alone = make(*plain, params);
    const Outputs all =
        run(*running, samples, subject().decide(std::vector<int64_t>(kSamples, choice)));
    EXPECT_LE(worst_difference(all.logits, run(*alone, samples, Policy::last_exit()).logits),
              executor().network_tolerance)
        << "choice " << choice;
  }
}

TEST_P(Dynamic, G7PermutedAndLoneSamplesGiveTheSameAnswers) {
  const auto running = make();
  std::vector<int64_t> pattern(kSamples);
  for (int64_t i = 0; i < kSamples; ++i) pattern[static_cast<size_t>(i)] = i % subject().n_choices;
  const Outputs whole = run(*running, samples, subject().decide(pattern));
  std::vector<int64_t> order(kSamples);
  for (int64_t i = 0; i < kSamples; ++i) order[static_cast<size_t>(i)] = (i * 7 + 3) % kSamples;
  NamedTensors permuted;
  for (const auto& [name, tensor] : samples) permuted[name] = tensor.gather_rows(order);
  std::vector<int64_t> permuted_pattern;
  for (const int64_t i : order) permuted_pattern.push_back(pattern[static_cast<size_t>(i)]);
  EXPECT_LE(worst_difference(run(*running, permuted, subject().decide(permuted_pattern)).logits,
                             whole.logits.gather_rows(order)),
            executor().company_tolerance);
  for (int64_t i = 0; i < kSamples; ++i) {
    NamedTensors one;
    for (const auto& [name, tensor] : samples) one[name] = tensor.rows(i, i + 1).clone();
    const Outputs lone = run(*running, one, subject().decide({pattern[static_cast<size_t>(i)]}));
    EXPECT_TRUE(same(lone.logits, whole.logits.rows(i, i + 1))) << "sample " << i;
  }
}

TEST_P(Dynamic, G11DecisionsAndAnswersDoNotDependOnThreadsOrMicroBatch) {
  const Policy policy = subject().knob(0.3F);
  Trace first_trace;
  const Outputs first = run(*make(), samples, policy, &first_trace);
  for (const int threads : {1, 2, 3}) {
    for (const int micro_batch : {1, 2, 8}) {
      Trace trace;
      const Outputs out = run(
          *make(subject().graph, subject_weights, {.threads = threads, .micro_batch = micro_batch}),
          samples, policy, &trace);
      EXPECT_TRUE(same(out.logits, first.logits));
      for (const auto& [point, choices] : first_trace.points) {
        EXPECT_EQ(std::memcmp(trace.points.at(point).raw(), choices.raw(), choices.bytes()), 0)
            << point;
      }
    }
  }
}

TEST_P(Dynamic, G12TheKnobMovesTheMeanCostOneWay) {
  const auto running = make();
  std::vector<int64_t> costs;
  for (const float threshold : {-3.0F, -1.0F, -0.3F, 0.0F, 0.26F, 0.3F, 0.4F, 0.6F, 1.0F, 3.0F}) {
    costs.push_back(run(*running, samples, subject().knob(threshold)).work.macs);
  }
  if (subject().knob_sign < 0) std::reverse(costs.begin(), costs.end());
  EXPECT_TRUE(std::is_sorted(costs.rbegin(), costs.rend())) << testing::PrintToString(costs);
  EXPECT_GT(costs.front(), costs.back());
}

TEST_P(Dynamic, I7AReplayedTraceGivesTheSameOutputs) {
  const auto running = make();
  Trace trace;
  const Outputs first = run(*running, samples, subject().knob(0.28F), &trace);
  Policy replay;
  replay.replay = std::make_shared<const Trace>(trace);
  const Outputs again = run(*running, samples, replay);
  EXPECT_EQ(std::memcmp(again.logits.raw(), first.logits.raw(), first.logits.bytes()), 0);
  EXPECT_EQ(std::memcmp(again.exit.raw(), first.exit.raw(), first.exit.bytes()), 0);
}

INSTANTIATE_TEST_SUITE_P(Operators, Dynamic, testing::ValuesIn(cases()),
                         [](const auto& param_info) {
                           return param_info.param.subject.name + "_" +
                                  param_info.param.executor.name;
                         });

}  // namespace
}  // namespace fovea
