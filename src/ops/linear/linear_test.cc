#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Linear, MultipliesAndAddsTheBias) {
  OpUnderTest op("linear(a) features=2", {{3}});
  EXPECT_EQ(op.shape(), (Shape{2}));
  EXPECT_EQ(op.param_shape(0), (Shape{2, 3}));
  EXPECT_THAT(op.values({{1, 2, 3, 0, 0, 1}}, {{1, 10, 100, 1, 1, 1}, {1000, 2000}}),
              ElementsAre(1321, 2006, 1100, 2001));
}

TEST(Linear, CountsWeightsAndThePublishedCounterBiasesToo) {
  OpUnderTest op("linear(a) features=2", {{3}});
  op.run({counting(6)}, {counting(6), {0, 0}});
  EXPECT_THAT(op.macs(), ElementsAre(6, 6));
  EXPECT_EQ(op.cost(), (Cost{.macs = 6, .ops = 8}));
  EXPECT_EQ(OpUnderTest("linear(a) features=2 bias=none", {{3}}).cost().ops, 6);
}

TEST(Linear, NamesAnInputThatIsNoVector) {
  EXPECT_THAT(op_error("linear(a)", {{3, 2, 2}}), HasSubstr("expected [I]; found inputs [3,2,2]"));
  EXPECT_THAT(op_error("linear(a) features=0", {{3}}), HasSubstr("found 0"));
}

}  // namespace
}  // namespace fovea
