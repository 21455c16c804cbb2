#include "app/segment_timing.h"

#include <gmock/gmock.h>

#include "reference/reference.h"

namespace fovea::app {
namespace {

using testing::ElementsAre;

/// Three exits that only have to be left at.
Graph exits_alone() {
  return parse_graph(
             "fovea-graph 1\ngraph alone\nops exit@1 relu@1\ninput input [2]\n"
             "exit.0 = exit(input)\nmiddle = relu(input)\nexit.1 = exit(middle)\n"
             "end = relu(middle)\nexit.2 = exit(end)\n",
             "test")
      .value();
}

/// Remembers where the samples of every run left.
class Watched final : public Executor {
 public:
  [[nodiscard]] const Graph& graph() const override { return executor_.graph(); }
  Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) override {
    Status status = executor_.run(inputs, options, outputs);
    if (!status.ok()) return status;
    const auto exits = outputs.exit.data<int64_t>();
    left.emplace_back(exits.begin(), exits.end());
    return status;
  }
  std::vector<std::vector<int64_t>> left;

 private:
  ReferenceExecutor executor_{exits_alone(), {}};
};

NamedTensors inputs(int64_t n) { return {{"input", Tensor::f32({n, 2})}}; }

TEST(MeasuredLeaving, RunsSamplesThatLeaveWhereAskedOnWhatIsLoaded) {
  Watched executor;
  const NamedTensors batch = inputs(2);
  int loaded = 0;
  const auto next = [&]() -> const NamedTensors& {
    ++loaded;
    return batch;
  };
  const std::vector<int> exits{0, 2, 1, 1, 2};
  const double ms = measured_leaving_ms(executor, 2, next, exits, 0);
  EXPECT_GT(ms, 0);
  // Once before the clock starts, once timed; the last run begins again at the first exit.
  ASSERT_EQ(executor.left.size(), 6U);
  EXPECT_EQ(loaded, 6);
  for (size_t pass = 0; pass < 2; ++pass) {
    EXPECT_THAT(executor.left[3 * pass], ElementsAre(0, 2));
    EXPECT_THAT(executor.left[3 * pass + 1], ElementsAre(1, 1));
    EXPECT_THAT(executor.left[3 * pass + 2], ElementsAre(2, 0));
  }
}

TEST(MeasuredSegments, AskEveryExitUpToTheSegmentsEnd) {
  Watched executor;
  const SegmentTimes times = measured_segments(executor, inputs(3), {.batch = 3}, 0);
  ASSERT_EQ(times.segment_ms.size(), 3U);
  for (const double ms : times.segment_ms) EXPECT_GE(ms, 0);
  EXPECT_EQ(times.key.batch, 3);
  ASSERT_GE(executor.left.size(), 18U);
  EXPECT_EQ(executor.left.size() % 3, 0U);
  for (size_t i = 0; i < executor.left.size(); ++i) {
    EXPECT_THAT(executor.left[i], testing::Each(static_cast<int64_t>(i % 3)));
  }
}

}  // namespace
}  // namespace fovea::app
