#include <limits>

#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

TEST(LeakyRelu, ScalesNegativesAndKeepsNan) {
  OpUnderTest op("leaky_relu(a) slope=0.25", {{4}});
  EXPECT_EQ(op.shape(), (Shape{4}));
  EXPECT_THAT(op.values({{-4, 0, 2.5F, std::numeric_limits<float>::quiet_NaN()}}),
              ElementsAre(-1, 0, 2.5F, IsNan()));
}

TEST(LeakyRelu, CountsOneOperationAnElement) {
  EXPECT_EQ(OpUnderTest("leaky_relu(a)", {{2, 3, 3}}).cost(), (Cost{.ops = 18, .scalar_ops = 18}));
}

TEST(LeakyRelu, RefusesASlopeThatIsNoShare) {
  EXPECT_THAT(op_error("leaky_relu(a) slope=2", {{4}}), HasSubstr("the slope is no share"));
}

}  // namespace
}  // namespace fovea
