// The steady path: what call 2 allocates, call 100 allocates. malloc is interposed, so libraries'
// allocations count as well.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "fovea/session.h"
#include "graph/init.h"
#include "support/dynamic_subjects.h"
#include "zoo/zoo.h"

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): names of the C library
extern "C" void* __libc_malloc(size_t);
extern "C" void* __libc_memalign(size_t, size_t);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {
std::atomic<int64_t> n_allocations{0};
std::atomic<int64_t> allocated_bytes{0};
}  // namespace

extern "C" void* malloc(size_t bytes) {
  n_allocations += 1;
  allocated_bytes += static_cast<int64_t>(bytes);
  return __libc_malloc(bytes);
}
extern "C" void* aligned_alloc(size_t alignment, size_t bytes) {
  n_allocations += 1;
  allocated_bytes += static_cast<int64_t>(bytes);
  return __libc_memalign(alignment, bytes);
}

namespace fovea {
namespace {

struct Counted {
  int64_t n = 0;
  int64_t bytes = 0;
  bool operator==(const Counted&) const = default;
};

Counted count(Session& session, const NamedTensors& inputs, const RunOptions& options,
              Outputs& out) {
  const Counted before{n_allocations, allocated_bytes};
  session.run(inputs, options, out).value();
  return {n_allocations - before.n, allocated_bytes - before.bytes};
}

/// A call keeps small books (the policy made concrete, reports); samples cost nothing.
constexpr int64_t kBookkeepingBytes = 16 << 10;

void expect_steady(const Graph& graph, const NamedTensors& params, const NamedTensors& inputs,
                   const Policy* policy, RunLedger* ledger = nullptr) {
  Session session(Plan::make(graph, params));
  Outputs out;
  const RunOptions options{.policy = policy, .ledger = ledger};
  count(session, inputs, options, out);
  const Counted second = count(session, inputs, options, out);
  for (int call = 3; call < 100; ++call) count(session, inputs, options, out);
  const Counted hundredth = count(session, inputs, options, out);
  EXPECT_EQ(second.n, hundredth.n);
  EXPECT_EQ(second.bytes, hundredth.bytes);
  EXPECT_LE(second.bytes, kBookkeepingBytes);
}

TEST(SteadyPath, CallHundredAllocatesWhatCallTwoDid) {
  const Graph graph =
      make_network("ranet", {{"data", "cifar10"}, {"nChannels", "8"}, {"step", "2"}});
  const NamedTensors params = init_params(graph, 1);
  Policy policy;
  policy.thresholds.assign(static_cast<size_t>(graph.n_exits() - 1), 0.11F);
  for (const int64_t n : {1, 5, 17}) {
    const NamedTensors inputs = testing_support::subject_inputs(graph, n, 9);
    expect_steady(graph, params, inputs, nullptr);
    expect_steady(graph, params, inputs, &policy);
    RunLedger ledger;
    expect_steady(graph, params, inputs, &policy, &ledger);
  }
}

TEST(SteadyPath, RoutesAllocateNothingMore) {
  for (const testing_support::Subject& subject : testing_support::dynamic_subjects()) {
    const Policy policy = subject.knob(0.3F);
    expect_steady(subject.graph, testing_support::subject_params(subject.graph, 3),
                  testing_support::subject_inputs(subject.graph, 9, 5), &policy);
  }
}

}  // namespace
}  // namespace fovea
