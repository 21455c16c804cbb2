#include <limits>

#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsNan;

TEST(MaxPool2d, NeverLetsPaddingWin) {
  OpUnderTest op("max_pool2d(a) kernel=3x3 stride=2x2 pad=1x1", {{1, 2, 3}});
  EXPECT_EQ(op.shape(), (Shape{1, 1, 2}));
  EXPECT_THAT(op.values({{-5, -4, -3, -8, -7, -6}}), ElementsAre(-4, -3));
}

TEST(MaxPool2d, KeepsNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(OpUnderTest("max_pool2d(a)", {{1, 2, 2}}).values({{1, nan, 3, 4}}),
              ElementsAre(IsNan()));
}

TEST(AvgPool2d, CountsPaddingAsZeros) {
  OpUnderTest op("avg_pool2d(a) kernel=2x2 stride=2x2 pad=1x1", {{1, 2, 2}});
  EXPECT_EQ(op.shape(), (Shape{1, 2, 2}));
  EXPECT_THAT(op.values({{4, 8, 12, 16}}), ElementsAre(1, 2, 3, 4));
}

TEST(AvgPool2d, LeavesOutTheRowThatFillsNoWindow) {
  // 3x3 before a 2x2 pool: the last row and column do not count (specs/ranet.md 1.4).
  OpUnderTest op("avg_pool2d(a)", {{1, 3, 3}});
  EXPECT_EQ(op.shape(), (Shape{1, 1, 1}));
  EXPECT_THAT(op.values({counting(9)}), ElementsAre(3));
}

TEST(MeanHw, AveragesEachChannel) {
  OpUnderTest op("mean_hw(a)", {{2, 1, 3}});
  EXPECT_EQ(op.shape(), (Shape{2}));
  EXPECT_THAT(op.values({counting(12)}), ElementsAre(2, 5, 8, 11));
}

TEST(Pooling, CountsWindowsAsThePublishedCounterDoes) {
  // 3 channels of 2x2 windows of 4.
  EXPECT_EQ(OpUnderTest("avg_pool2d(a)", {{3, 5, 4}}).cost(), (Cost{.ops = 48, .scalar_ops = 48}));
  EXPECT_EQ(OpUnderTest("mean_hw(a)", {{3, 5, 4}}).cost().macs, 0);
}

TEST(Pooling, NamesWhatDoesNotFit) {
  EXPECT_THAT(op_error("max_pool2d(a)", {{1, 1, 5}}), HasSubstr("inputs [1,1,5]"));
  EXPECT_THAT(op_error("max_pool2d(a) pad=2x2", {{1, 5, 5}}), HasSubstr("found 2x2"));
  EXPECT_THAT(op_error("mean_hw(a)", {{5}}), HasSubstr("expected [C,H,W]; found inputs [5]"));
}

}  // namespace
}  // namespace fovea
