// Where a run's time goes: parts are times, and nothing is counted twice.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <thread>

#include "fovea/session.h"
#include "graph/init.h"
#include "support/dynamic_subjects.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

/// Clock reads round; sums of many parts may differ by this much.
constexpr double kRoundingMs = 1e-6;
/// The promise: at most 2 % of the wall time is not explained.
constexpr double kExplained = 0.98;

struct Fixture {
  Graph graph = make_network("ranet", {{"data", "cifar10"}, {"nChannels", "8"}, {"step", "2"}});
  NamedTensors params = init_params(graph, 1);
  NamedTensors inputs = testing_support::subject_inputs(graph, 21, 9);
};

double segments_sum(const WorkReport& work) {
  return std::accumulate(work.segments.begin(), work.segments.end(), 0.0,
                         [](double sum, const SegmentTime& s) { return sum + s.ms; });
}

TEST(RunLedger, PartsOfThreadsStayWithinTheirWallTime) {
  const Fixture f;
  Policy policy;
  policy.thresholds.assign(static_cast<size_t>(f.graph.n_exits() - 1), 0.11F);
  for (const int threads : {1, 2, 4}) {
    Session session(Plan::make(f.graph, f.params), {.threads = threads});
    RunLedger ledger;
    Outputs out;
    double best = 0;
    // A thread that loses its core between two parts spoils a run; one of many stays whole.
    for (int k = 0; k < 50 && best < kExplained; ++k) {
      session.run(f.inputs, {.policy = &policy, .ledger = &ledger}, out).value();
      EXPECT_EQ(ledger.threads, threads);
      EXPECT_GT(ledger.input_ms, 0);
      EXPECT_GT(ledger.decision_ms, 0);
      EXPECT_GE(ledger.waiting_ms, 0);
      const double known =
          ledger.input_ms + segments_sum(out.work) + ledger.decision_ms + ledger.waiting_ms;
      EXPECT_LE(known, threads * ledger.wall_ms + kRoundingMs);
      best = std::max(best, known / (threads * ledger.wall_ms));
    }
    EXPECT_GE(best, kExplained);
  }
}

TEST(RunLedger, ASamplesPartsAddUpToItsWayAtMost) {
  const Fixture f;
  Policy policy;
  policy.thresholds.assign(static_cast<size_t>(f.graph.n_exits() - 1), 0.11F);
  Session session(Plan::make(f.graph, f.params, {.micro_batch = 4}), {.threads = 2});
  RunLedger ledger;
  Outputs out;
  session.run(f.inputs, {.policy = &policy, .ledger = &ledger}, out).value();
  ASSERT_EQ(ledger.samples.size(), 21U);
  const size_t n_segments = out.work.segments.size();
  ASSERT_EQ(ledger.segment_ms.size(), 21 * n_segments);
  for (size_t i = 0; i < 21; ++i) {
    const RunLedger::Sample& sample = ledger.samples[i];
    double known = sample.input_ms + sample.decision_ms + sample.waiting_ms;
    for (size_t s = 0; s < n_segments; ++s) {
      const double ms = ledger.segment_ms[i * n_segments + s];
      // A sample has times of exactly the segments up to its exit.
      const bool went = out.work.segments[s].exit <= out.exit.data<int64_t>()[i];
      EXPECT_EQ(ms > 0, went) << "sample " << i << " segment " << s;
      known += ms;
    }
    EXPECT_GT(sample.input_ms, 0);
    EXPECT_GE(sample.waiting_ms, 0);
    EXPECT_LE(known, sample.wall_ms + kRoundingMs);
    EXPECT_LE(sample.wall_ms, ledger.wall_ms + kRoundingMs);
  }
}

TEST(RunLedger, SlowDecisionsAreDecisions) {
  const Fixture f;
  Session session(Plan::make(f.graph, f.params));
  RunLedger ledger;
  Outputs out;
  const Policy policy{.exit = 0};
  const auto slow = [](const ExitReady&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    return Anytime::kGoOn;
  };
  session.run(f.inputs, {.policy = &policy, .ledger = &ledger, .on_exit = slow}, out).value();
  EXPECT_GE(ledger.decision_ms, 21 * 3);
  // All of them run on the caller's thread, so the last sample waited for the first ones.
  EXPECT_GT(ledger.samples.back().wall_ms, 21 * 3);
}

TEST(RunLedger, AnswersAreTheSameWithAndWithout) {
  const Fixture f;
  Session session(Plan::make(f.graph, f.params));
  const Policy policy{.exit = 1};
  RunLedger ledger;
  Outputs with;
  Outputs without;
  session.run(f.inputs, {.policy = &policy, .ledger = &ledger}, with).value();
  session.run(f.inputs, {.policy = &policy}, without).value();
  const auto a = with.logits.data<float>();
  const auto b = without.logits.data<float>();
  EXPECT_TRUE(std::equal(a.begin(), a.end(), b.begin(), b.end()));
}

}  // namespace
}  // namespace fovea
