#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

TEST(BatchNorm, NormalisesEachChannelByRunningStatistics) {
  OpUnderTest op("batch_norm(a) eps=0.25", {{2, 1, 2}});
  EXPECT_EQ(op.shape(), (Shape{2, 1, 2}));
  // Channel 0: (x - 1)/sqrt(3.75 + 0.25)·2 + 5; channel 1: x/sqrt(0.75 + 0.25) - 1.
  EXPECT_THAT(op.values({{1, 3, 7, 8}}, {{2, 1}, {5, -1}, {1, 0}, {3.75F, 0.75F}}),
              ElementsAre(FloatEq(5), FloatEq(7), FloatEq(6), FloatEq(7)));
  EXPECT_THAT(op.macs(), ElementsAre(0));
}

TEST(BatchNorm, WantsItsStatisticsPerChannel) {
  const OpUnderTest op("batch_norm(a)", {{3, 2, 2}});
  ASSERT_EQ(op.view().n_params(), 5);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(op.param_shape(i), (Shape{3}));
  EXPECT_EQ(op.param_shape(4), Shape{});
  EXPECT_EQ(op.view().param(1).name, "op.bias");
  EXPECT_EQ(op.view().param(3).role, ParamRole::kRunningVar);
  EXPECT_EQ(op.view().param(4).name, "op.num_batches_tracked");
}

TEST(BatchNorm, RefusesAnEpsThatIsNotPositive) {
  EXPECT_THAT(op_error("batch_norm(a) eps=0", {{3, 2, 2}}), HasSubstr("eps must be positive"));
  EXPECT_THAT(op_error("batch_norm(a) momentum=1.5", {{3}}), HasSubstr("momentum 1.5"));
}

}  // namespace
}  // namespace fovea
