#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Slice, TakesARangeOfAnyAxis) {
  OpUnderTest channels("slice(a) axis=0 begin=1 end=3", {{3, 2}});
  EXPECT_EQ(channels.shape(), (Shape{2, 2}));
  EXPECT_THAT(channels.values({counting(12)}), ElementsAre(3, 4, 5, 6, 9, 10, 11, 12));
  OpUnderTest columns("slice(a) axis=2 begin=1 end=2", {{2, 2, 2}});
  EXPECT_EQ(columns.shape(), (Shape{2, 2, 1}));
  EXPECT_THAT(columns.values({counting(8)}), ElementsAre(2, 4, 6, 8));
}

TEST(Slice, NamesTheRangeThatDoesNotFit) {
  EXPECT_THAT(op_error("slice(a) begin=1 end=4", {{3, 2}}),
              HasSubstr("expected 0 <= begin < end <= 3; found 1 to 4"));
  EXPECT_THAT(op_error("slice(a) begin=1 end=1", {{3}}), HasSubstr("found 1 to 1"));
  EXPECT_THAT(op_error("slice(a) axis=2", {{3, 2}}), HasSubstr("expected 0 to 1; found 2"));
}

TEST(Flatten, KeepsTheOrderRowByRow) {
  OpUnderTest op("flatten(a)", {{2, 1, 2}});
  EXPECT_EQ(op.shape(), (Shape{4}));
  EXPECT_THAT(op.values({counting(4)}), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(op.cost(), Cost{});
}

}  // namespace
}  // namespace fovea
