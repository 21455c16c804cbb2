#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Add, SumsEqualShapes) {
  OpUnderTest op("add(a, b)", {{2}, {2}});
  EXPECT_EQ(op.shape(), (Shape{2}));
  EXPECT_THAT(op.values({{1, 2, 3, 4}, {10, 20, 30, 40}}), ElementsAre(11, 22, 33, 44));
  EXPECT_THAT(op.macs(), ElementsAre(0, 0));
}

TEST(Add, BroadcastsAValuePerChannel) {
  for (const Shape& b : {Shape{2}, Shape{2, 1, 1}}) {
    OpUnderTest op("add(a, b)", {{2, 1, 2}, b});
    EXPECT_THAT(op.values({{1, 2, 3, 4, 5, 6, 7, 8}, {10, 20, 30, 40}}),
                ElementsAre(11, 12, 23, 24, 35, 36, 47, 48));
  }
}

TEST(Multiply, BroadcastsOneMapOverTheChannels) {
  OpUnderTest op("multiply(a, b)", {{2, 1, 2}, {1, 1, 2}});
  EXPECT_THAT(op.values({{1, 2, 3, 4}, {10, 100}}), ElementsAre(10, 200, 30, 400));
}

TEST(Multiply, BroadcastsAValuePerChannelWhereChannelsAndMapAreEqual) {
  OpUnderTest op("multiply(a, b)", {{2, 1, 2}, {2}});
  EXPECT_THAT(op.values({{1, 2, 3, 4}, {10, 100}}), ElementsAre(10, 20, 300, 400));
}

TEST(Add, NamesBothShapesThatDoNotFit) {
  EXPECT_THAT(op_error("add(a, b)", {{2, 3, 3}, {3}}), HasSubstr("inputs [2,3,3], [3]"));
  EXPECT_THAT(op_error("multiply(a, b)", {{2}, {1}}), HasSubstr("inputs [2], [1]"));
}

TEST(Add, CountsScalarWorkOnly) {
  EXPECT_EQ(OpUnderTest("add(a, b)", {{2, 3, 3}, {2}}).cost(), (Cost{.scalar_ops = 18}));
}

}  // namespace
}  // namespace fovea
