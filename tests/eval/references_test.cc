#include "eval/references.h"

#include <gmock/gmock.h>

#include "graph/cost.h"

namespace fovea {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::Eq;
using testing::Optional;

/// x [2] -> three exits with two linear layers between them.
Graph three_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph three\nops exit@1 linear@1\ninput x [2]\nexit.0 = exit(x)\n"
             "a = linear(x) features=2 bias=none\nexit.1 = exit(a)\n"
             "b = linear(a) features=2 bias=none\nexit.2 = exit(b)\n",
             "test")
      .value();
}

// Six samples of class 0, of which the last one's class is not known:
//   exit 0 is right on the first two, exit 1 on the first and the third, exit 2 on the second and
//   the fourth; nobody is right on the fifth.
const ExitTable kTable{.n_exits = 3,
                       .n = 6,
                       .confidence = std::vector<float>(18, 0.5F),
                       .answer = {0, 0, 1, 1, 1, 0,  //
                                  0, 1, 0, 1, 1, 0,  //
                                  1, 0, 1, 0, 1, 0}};
const std::vector<int64_t> kLabels{0, 0, 0, 0, 0, -1};

TEST(Oracle, LeavesAtTheFirstRightExit) {
  const Graph graph = three_exits();
  const auto curve = oracle_curve(kTable, kLabels, graph);
  ASSERT_EQ(curve.size(), 3U);
  // Whom no exit helps leaves at once.
  EXPECT_THAT(curve[0].counts, ElementsAre(5, 0, 0));
  EXPECT_THAT(curve[1].counts, ElementsAre(4, 1, 0));
  EXPECT_THAT(curve[2].counts, ElementsAre(3, 1, 1));
  EXPECT_EQ(curve[0].correct, 2);
  EXPECT_EQ(curve[1].correct, 3);
  EXPECT_EQ(curve[2].correct, 4);
  for (const OraclePoint& point : curve) EXPECT_EQ(point.n, 5);
  // Layers of 2x2 = 4 multiply-adds: leaving costs 0, 4, 8.
  EXPECT_NEAR(curve[0].macs, 0, 1e-12);
  EXPECT_NEAR(curve[1].macs, 4.0 / 5, 1e-12);
  EXPECT_NEAR(curve[2].macs, (4.0 + 8.0) / 5, 1e-12);
}

TEST(Oracle, WithoutAnyClassIsEmpty) {
  const std::vector<int64_t> unknown(6, -1);
  const auto curve = oracle_curve(kTable, unknown, three_exits());
  EXPECT_EQ(curve[2].n, 0);
  EXPECT_EQ(curve[2].macs, 0);
}

TEST(Random, IsTheExitsAccuracyByTheirShares) {
  const std::vector<ExitAccuracy> accuracies{
      {.n = 10, .top1 = 5}, {.n = 10, .top1 = 8}, {.n = 10, .top1 = 9}};
  const std::vector<int64_t> counts{2, 1, 1};
  EXPECT_THAT(random_top1(counts, accuracies), Optional(DoubleNear(25 + 20 + 22.5, 1e-9)));
  const std::vector<int64_t> all_last{0, 0, 7};
  EXPECT_THAT(random_top1(all_last, accuracies), Optional(DoubleNear(90, 1e-9)));
}

TEST(Random, IsNothingWhereNothingIsKnown) {
  const std::vector<ExitAccuracy> accuracies{{.n = 10, .top1 = 5}, {}};
  EXPECT_THAT(random_top1(std::vector<int64_t>{3, 0}, accuracies), Optional(50.0));
  EXPECT_THAT(random_top1(std::vector<int64_t>{3, 1}, accuracies), Eq(std::nullopt));
  EXPECT_THAT(random_top1(std::vector<int64_t>{0, 0}, accuracies), Eq(std::nullopt));
}

}  // namespace
}  // namespace fovea
