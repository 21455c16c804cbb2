// Every executor equals the reference on seeded random networks: every operator, resize mode, exit
// and route, with none, one, some and all samples going on; adaptive runs are compared under
// replay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "reference/reference.h"
#include "support/executors.h"
#include "support/random_graph.h"

namespace fovea {
namespace {

using testing::ElementsAreArray;
using testing_support::RandomNetwork;
using testing_support::Share;

constexpr uint64_t kNetworks = 320;
constexpr double kTolerance = 2e-4;

struct Seen {
  std::map<std::string, int> operators;
  std::map<Share, int> survivors;
  std::map<Share, int> routed;
};

void compare(uint64_t seed, Seen& seen) {
  SCOPED_TRACE("network " + std::to_string(seed));
  const RandomNetwork net = testing_support::random_network(seed);
  testing_support::count_operators(net.graph, seen.operators);
  ReferenceExecutor reference(net.graph, net.params);
  Trace full_trace;
  Outputs expected;
  reference.run(net.inputs, {.trace = &full_trace}, expected).value();
  Policy replay_all;
  replay_all.replay = std::make_shared<const Trace>(full_trace);
  for (const auto& [point, choices] : full_trace.points) {
    int64_t chosen = 0;
    for (const int64_t choice : choices.data<int64_t>()) chosen += choice == 0 ? 0 : 1;
    ++seen.routed[testing_support::share_of(chosen, net.n)];
  }
  const Policy policy = testing_support::random_policy(seed, net.graph, expected.exit_logits);
  Trace trace;
  Outputs adaptive;
  reference.run(net.inputs, {.policy = &policy, .trace = &trace}, adaptive).value();
  int64_t survivors = 0;
  for (const int64_t exit : adaptive.exit.data<int64_t>()) survivors += exit > 0 ? 1 : 0;
  if (net.graph.n_exits() > 1) ++seen.survivors[testing_support::share_of(survivors, net.n)];

  Policy replay = policy;
  replay.replay = std::make_shared<const Trace>(trace);
  // Work is compared on equal exits asked: the reference runs the replay too.
  Outputs again;
  reference.run(net.inputs, {.policy = &replay}, again).value();
  EXPECT_LE(testing_support::worst_difference(again.logits, adaptive.logits), 0.0);
  for (const auto& executor : testing_support::executors_but_reference()) {
    SCOPED_TRACE(executor.name);
    Outputs got;
    testing_support::make_executor(
        executor, net.graph, net.params,
        {.threads = 1 + static_cast<int>(seed % 2), .micro_batch = 1 + static_cast<int>(seed % 5)})
        ->run(net.inputs, {.policy = &replay}, got)
        .value();
    EXPECT_LE(testing_support::worst_difference(got.logits, adaptive.logits), kTolerance);
    EXPECT_THAT(got.exit.data<int64_t>(), ElementsAreArray(adaptive.exit.data<int64_t>()));
    EXPECT_EQ(got.work.macs, again.work.macs);
    EXPECT_THAT(got.macs.data<int64_t>(), ElementsAreArray(again.macs.data<int64_t>()));
  }
}

TEST(RandomGraphs, ExecutorsEqualTheReferenceUnderReplay) {
  Seen seen;
  for (uint64_t seed = 0; seed < kNetworks; ++seed) {
    compare(seed, seen);
    if (HasFailure()) FAIL() << "network " << seed;
  }
  for (const char* op : {"conv2d",
                         "batch_norm",
                         "relu",
                         "relu6",
                         "sigmoid",
                         "max_pool2d",
                         "avg_pool2d",
                         "mean_hw",
                         "linear",
                         "add",
                         "multiply",
                         "concat",
                         "slice",
                         "flatten",
                         "resize",
                         "softmax",
                         "exit",
                         "decide",
                         "route",
                         "resize/bilinear_aligned",
                         "resize/bilinear",
                         "resize/nearest",
                         "resize/area",
                         "route/select/binary",
                         "route/select/one_of_n",
                         "route/residual/binary",
                         "route/residual/one_of_n"}) {
    EXPECT_GE(seen.operators[op], 20) << op;
  }
  for (const Share share : {Share::kNone, Share::kOne, Share::kSome, Share::kAll}) {
    EXPECT_GE(seen.survivors[share], 20) << "survivors " << static_cast<int>(share);
    EXPECT_GE(seen.routed[share], 20) << "routed " << static_cast<int>(share);
  }
}

TEST(RandomGraphs, TextFormParsesBackToTheSameAnswers) {
  const auto executors = testing_support::executors_under_test();
  for (uint64_t seed = 0; seed < 60; ++seed) {
    const RandomNetwork net = testing_support::random_network(seed);
    const Graph again = parse_graph(to_text(net.graph), "again").value();
    EXPECT_EQ(to_text(again), to_text(net.graph));
    const auto& executor = executors[seed % executors.size()];
    Outputs a;
    Outputs b;
    testing_support::make_executor(executor, net.graph, net.params)->run(net.inputs, {}, a).value();
    testing_support::make_executor(executor, again, net.params)->run(net.inputs, {}, b).value();
    for (size_t e = 0; e < a.exit_logits.size(); ++e) {
      EXPECT_EQ(testing_support::worst_difference(a.exit_logits[e], b.exit_logits[e]), 0.0);
    }
  }
}

}  // namespace
}  // namespace fovea
