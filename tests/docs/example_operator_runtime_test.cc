// The example operator's CPU kernel equals its reference, on a map with gaps and in a batch.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/noise.h"
#include "fovea/session.h"
#include "graph/init.h"
#include "reference/reference.h"

namespace fovea {
namespace {

TEST(LeakyReluKernel, EqualsTheReference) {
  const Graph graph = parse_graph(
                          "fovea-graph 1\ngraph t\nops leaky_relu@1\ninput input [3,7,5]\n"
                          "conv = conv2d(input) channels=6 kernel=3x3 pad=1\n"
                          "act = leaky_relu(conv) slope=0.25\n"
                          "flat = flatten(act)\nexit.0 = exit(flat)\n",
                          "test")
                          .value();
  const NamedTensors params = init_params(graph, 1);
  Tensor input = Tensor::f32({4, 3, 7, 5});
  for (size_t i = 0; i < input.data<float>().size(); ++i) {
    input.data<float>()[i] = static_cast<float>(2 * Noise(7).uniform(i) - 1);
  }
  Outputs wanted;
  Outputs found;
  ReferenceExecutor(graph, params).run({{"input", input}}, {}, wanted).value();
  const auto plan = Plan::make(graph, params);
  Session(plan).run({{"input", input}}, {}, found).value();
  const auto a = wanted.exit_logits[0].data<float>();
  const auto b = found.exit_logits[0].data<float>();
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5) << i;
  EXPECT_TRUE(std::ranges::any_of(a, [](float v) { return v < 0; }));
  const std::vector<StepReport> steps = plan->report().steps;
  EXPECT_TRUE(std::ranges::any_of(steps, [](const StepReport& step) {
    return step.op == "leaky_relu" && step.kernel == "planes";
  }));
}

}  // namespace
}  // namespace fovea
