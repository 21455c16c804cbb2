// Costs of small networks against numbers worked out by hand.
#include "graph/cost.h"

#include <gmock/gmock.h>

#include "networks.h"

namespace fovea {
namespace {

using testing::ElementsAre;

Cost cost_of(const Graph& graph, std::string_view node) {
  for (const Node& each : graph.main().nodes) {
    if (each.name == node) return node_cost(each, graph.main(), graph.params());
  }
  ADD_FAILURE() << "no node " << node;
  return {};
}

TEST(Cost, OfAConvolutionCountsPaddedTapsAndNoBias) {
  Builder b("net");
  const ValueHandle x = b.input("input", {4, 6, 5});
  b.conv2d("conv", x,
           {.channels = 8, .kernel = {3, 3}, .pad = Padding::all(1), .bias = Bias::kPresent});
  b.conv2d("grouped", x, {.channels = 8, .kernel = {3, 3}, .pad = Padding::all(1), .groups = 4});
  b.conv2d("strided", x, {.channels = 8, .kernel = {3, 3}, .stride = {2, 2}});
  b.exit(b.mean_hw("mean", x));
  const Graph graph = b.finish();
  EXPECT_EQ(cost_of(graph, "conv").macs, 8 * 6 * 5 * 4 * 9);
  EXPECT_EQ(cost_of(graph, "conv").ops, 8 * 6 * 5 * 4 * 9);
  EXPECT_EQ(cost_of(graph, "grouped").macs, 8 * 6 * 5 * 1 * 9);
  EXPECT_EQ(cost_of(graph, "strided").macs, 8 * 2 * 2 * 4 * 9);
}

// specs/ranet.md 5.1
TEST(Cost, OfTheOfficialCounterCountsActivationsPoolingAndBiases) {
  Builder b("net");
  const ValueHandle x = b.input("input", {4, 6, 6});
  b.relu("relu", x);
  b.avg_pool2d("pool", x, {.kernel = {3, 3}, .stride = {3, 3}});
  b.batch_norm("norm", x);
  const ValueHandle mean = b.mean_hw("mean", x);
  b.exit(b.linear("linear", mean, {.features = 10}));
  const Graph graph = b.finish();
  EXPECT_EQ(cost_of(graph, "relu").ops, 4 * 6 * 6);
  EXPECT_EQ(cost_of(graph, "pool").ops, 4 * 2 * 2 * 9);
  EXPECT_EQ(cost_of(graph, "norm").ops, 0);
  EXPECT_EQ(cost_of(graph, "linear").ops, 4 * 10 + 10);
  EXPECT_EQ(cost_of(graph, "linear").macs, 4 * 10);
  EXPECT_EQ(cost_of(graph, "relu").macs + cost_of(graph, "pool").macs, 0);
}

TEST(Cost, OfExitsIsCumulativeNeededAndSingle) {
  Builder b("net");
  const ValueHandle x = b.input("input", {10});
  const ValueHandle a = b.linear("a", x, {.features = 10});        // 100
  const ValueHandle side = b.linear("side", x, {.features = 30});  // 300, for exit 1 only
  b.exit(b.linear("head0", a, {.features = 2}));                   // 20
  b.exit(b.linear("head1", side, {.features = 2}));                // 60
  const std::vector<ExitCost> costs = exit_costs(b.finish());
  EXPECT_EQ(costs[0].macs, 100 + 300 + 20);
  EXPECT_EQ(costs[0].macs_needed, 100 + 20);
  EXPECT_EQ(costs[0].macs_single, 100 + 20);
  EXPECT_EQ(costs[1].macs, 480);
  EXPECT_EQ(costs[1].macs_needed, 480);
  EXPECT_EQ(costs[1].macs_single, 300 + 60);
  EXPECT_EQ(costs[0].params, 110 + 330 + 22);
  EXPECT_EQ(costs[1].params, 110 + 330 + 22 + 62);
  EXPECT_EQ(costs[0].activation_bytes, 4 * (10 + 2));
}

TEST(Cost, OfARouteIsItsDearestBody) {
  const Graph graph = routed_network();
  EXPECT_EQ(cost_of(graph, "route").macs, 4 * 8 * 8 * 4 * 9);
  const std::vector<ExitCost> costs = exit_costs(graph);
  const int64_t stem = int64_t{4} * 8 * 8 * 3 * 9;
  EXPECT_EQ(costs[0].macs, stem + 20);
  EXPECT_EQ(costs[1].macs, stem + 20 + 4 + int64_t{4} * 8 * 8 * 4 * 9 + 20);
  EXPECT_EQ(costs[1].macs_single, costs[1].macs - 20);
  EXPECT_EQ(costs[1].params, graph.n_params()) << "parameters of bodies count";
}

TEST(Cost, OfSharedParametersCountsThemOnce) {
  const Result<Graph> graph =
      parse_graph(graph_text("input x [4]\na = linear(x) features=4 params(weight=w, bias=v)\n"
                             "b = linear(a) features=4 params(weight=w, bias=v)\ne = exit(b)\n"),
                  "t");
  ASSERT_TRUE(graph.ok());
  EXPECT_EQ(exit_costs(graph.value())[0].params, 20);
  EXPECT_EQ(exit_costs(graph.value())[0].macs, 32);
}

TEST(Cost, WhenLeavingCountsEveryHeadThatWasAsked) {
  const Graph graph = routed_network();
  const std::vector<ExitCost> costs = exit_costs(graph);
  EXPECT_THAT(macs_when_leaving(graph, std::vector<int>{0, 1}),
              ElementsAre(costs[0].macs_needed, costs[1].macs_needed));
  EXPECT_THAT(macs_when_leaving(graph, std::vector<int>{1}), ElementsAre(costs[1].macs_single));
}

TEST(Cost, OfHostileSizesSaturates) {
  std::string text = "input x [1024,1024,1024]\n";
  std::string name = "x";
  for (int i = 0; i < 40; ++i) {
    const std::string next = "c" + std::to_string(i);
    text.append(next).append(" = conv2d(").append(name).append(") channels=1024\n");
    name = next;
  }
  text += "w = slice(x) axis=0 begin=0 end=1\nm = mean_hw(" + name + ")\ne = exit(m)\n";
  const Result<Graph> graph = parse_graph(graph_text(text), "t");
  ASSERT_TRUE(graph.ok()) << graph.error().message();
  EXPECT_GT(exit_costs(graph.value())[0].macs, int64_t{1} << 44);
  EXPECT_EQ(saturating_sum(INT64_MAX - 1, 2), INT64_MAX);
}

}  // namespace
}  // namespace fovea
