#include <cmath>
#include <limits>

#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::IsNan;

const float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(Relu, ClearsNegativesAndKeepsNan) {
  OpUnderTest op("relu(a)", {{4}});
  EXPECT_EQ(op.shape(), (Shape{4}));
  EXPECT_THAT(op.values({{-1, 0, 2.5F, kNan}}), ElementsAre(0, 0, 2.5F, IsNan()));
}

TEST(Relu6, CutsAtSix) {
  EXPECT_THAT(OpUnderTest("relu6(a)", {{4}}).values({{-1, 5, 7, kNan}}),
              ElementsAre(0, 5, 6, IsNan()));
}

TEST(Sigmoid, IsHalfAtZeroAndStaysFinite) {
  EXPECT_THAT(OpUnderTest("sigmoid(a)", {{4}}).values({{0, 1, -1000, 1000}}),
              ElementsAre(0.5F, FloatEq(1.0F / (1.0F + std::exp(-1.0F))), 0, 1));
}

TEST(Activations, CountOneOperationAnElement) {
  for (const std::string op : {"relu(a)", "relu6(a)", "sigmoid(a)"}) {
    EXPECT_EQ(OpUnderTest(op, {{2, 3, 3}}).cost(), (Cost{.ops = 18, .scalar_ops = 18}));
  }
}

}  // namespace
}  // namespace fovea
