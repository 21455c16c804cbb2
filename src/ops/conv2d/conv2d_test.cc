#include "op_testing.h"

namespace fovea {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Conv2d, SumsTheWindowOverAllChannels) {
  OpUnderTest op("conv2d(a) channels=1 kernel=2x1", {{2, 2, 2}});
  EXPECT_EQ(op.shape(), (Shape{1, 1, 2}));
  EXPECT_THAT(op.values({{1, 2, 3, 4, 5, 6, 7, 8}}, {{1, 10, 100, 1000}}),
              ElementsAre(1 + 30 + 500 + 7000, 2 + 40 + 600 + 8000));
}

TEST(Conv2d, AddsTheBias) {
  OpUnderTest op("conv2d(a) channels=2 bias=present", {{1, 1, 1}});
  EXPECT_EQ(op.param_shape(1), (Shape{2}));
  EXPECT_THAT(op.values({{3}}, {{2, 4}, {10, 20}}), ElementsAre(16, 32));
}

TEST(Conv2d, PadsEachSideWithZeros) {
  OpUnderTest op("conv2d(a) channels=1 kernel=2x2 pad=1,0,0,1", {{1, 1, 2}});
  EXPECT_EQ(op.shape(), (Shape{1, 1, 2}));
  EXPECT_THAT(op.values({{5, 7}}, {{1, 1, 1, 10}}), ElementsAre(5 + 70, 7));
}

TEST(Conv2d, StridesAndDilates) {
  OpUnderTest strided("conv2d(a) channels=1 stride=2x2", {{1, 3, 5}});
  EXPECT_EQ(strided.shape(), (Shape{1, 2, 3}));
  EXPECT_THAT(strided.values({counting(15)}, {{1}}), ElementsAre(1, 3, 5, 11, 13, 15));
  OpUnderTest dilated("conv2d(a) channels=1 kernel=1x2 dilation=1x3", {{1, 1, 5}});
  EXPECT_EQ(dilated.shape(), (Shape{1, 1, 2}));
  EXPECT_THAT(dilated.values({counting(5)}, {{1, 10}}), ElementsAre(41, 52));
}

TEST(Conv2d, KeepsGroupsApart) {
  OpUnderTest grouped("conv2d(a) channels=2 groups=2", {{4, 1, 1}});
  EXPECT_EQ(grouped.param_shape(0), (Shape{2, 2, 1, 1}));
  EXPECT_THAT(grouped.values({{1, 2, 3, 4}}, {{1, 10, 1, 10}}), ElementsAre(21, 43));
  OpUnderTest depthwise("conv2d(a) channels=4 groups=2", {{2, 1, 1}});
  EXPECT_EQ(depthwise.param_shape(0), (Shape{4, 1, 1, 1}));
  EXPECT_THAT(depthwise.values({{3, 5}}, {{1, 2, 3, 4}}), ElementsAre(3, 6, 15, 20));
}

TEST(Conv2d, CountsEveryTapThatItVisitsPaddedOnesToo) {
  for (const std::string attributes :
       {"channels=4 kernel=3x3 pad=1", "channels=2 kernel=3x1 stride=2x1 pad=1,0,2,0",
        "channels=6 kernel=3x3 groups=2 dilation=2x2 pad=2", "channels=2 groups=2 bias=present"}) {
    OpUnderTest op("conv2d(a) " + attributes, {{2, 5, 7}});
    std::vector<std::vector<float>> params;
    for (int i = 0; i < op.view().n_params(); ++i) {
      params.emplace_back(static_cast<size_t>(op.param_shape(i).numel()), 1.0F);
    }
    op.run({std::vector<float>(210, 1.0F)}, params);
    EXPECT_THAT(op.macs(), AllOf(testing::SizeIs(3), Each(op.cost().macs))) << attributes;
    EXPECT_EQ(op.cost().ops, op.cost().macs);
  }
  EXPECT_EQ(OpUnderTest("conv2d(a) channels=4 kernel=3x3 pad=1", {{2, 5, 7}}).cost().macs,
            4 * 5 * 7 * 2 * 9);
}

TEST(Conv2d, NamesWhatDoesNotFit) {
  EXPECT_THAT(op_error("conv2d(a) channels=3 groups=2", {{4, 1, 1}}),
              HasSubstr("2 groups, 4 -> 3 channels"));
  EXPECT_THAT(op_error("conv2d(a) kernel=3x3", {{1, 2, 5}}),
              AllOf(HasSubstr("the window is larger"), HasSubstr("inputs [1,2,5]")));
  EXPECT_THAT(op_error("conv2d(a)", {{4}}), HasSubstr("expected [C,H,W]; found inputs [4]"));
  EXPECT_THAT(op_error("conv2d(a) stride=0x1", {{1, 2, 2}}), HasSubstr("found 0"));
  EXPECT_THAT(op_error("conv2d(a) pad=-1", {{1, 2, 2}}), HasSubstr("found -1"));
  EXPECT_THAT(op_error("conv2d(a) colour=3", {{1, 2, 2}}), HasSubstr("colour"));
}

}  // namespace
}  // namespace fovea
