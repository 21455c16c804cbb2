#include "stairs.h"

#include <gmock/gmock.h>

#include "graph/cost.h"

namespace fovea {
namespace {

TEST(Stairs, HasTheCostThatOneWorksOutByHand) {
  const Graph graph = stairs({.width = 8, .exits = 2});
  EXPECT_EQ(graph.n_params(),
            (3 * 8 * 9 + 2 * 8 + 8 * 10 + 10) + (8 * 16 * 9 + 2 * 16 + 16 * 10 + 10));
  const std::vector<ExitCost> costs = exit_costs(graph);
  const int64_t first = int64_t{32} * 32 * 3 * 8 * 9 + int64_t{8} * 10;
  EXPECT_EQ(costs[0].macs, first);
  EXPECT_EQ(costs[1].macs, first + int64_t{16} * 16 * 8 * 16 * 9 + int64_t{16} * 10);
}

TEST(Stairs, NamesItsWeightsByScopes) {
  EXPECT_EQ(stairs({}).params()[0].name, "step.0.conv.weight");
}

TEST(Stairs, ParsesBackFromItsText) {
  const Graph graph = stairs({});
  const Result<Graph> back = parse_graph(to_text(graph), "text");
  ASSERT_TRUE(back.ok()) << back.error().message();
  EXPECT_TRUE(back.value() == graph);
}

TEST(Stairs, RefusesPicturesThatAreTooSmall) {
  try {
    (void)stairs({.input_size = 4, .exits = 3});
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("too small for so many steps"));
  }
}

}  // namespace
}  // namespace fovea
