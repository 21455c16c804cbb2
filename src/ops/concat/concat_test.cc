#include "op_testing.h"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Concat, JoinsChannelsInTheOrderOfItsParts) {
  OpUnderTest op("concat(a, b, c)", {{1, 1, 2}, {2, 1, 2}, {1, 1, 2}});
  EXPECT_EQ(op.shape(), (Shape{4, 1, 2}));
  // Two samples: parts of one sample stand together.
  EXPECT_THAT(op.values({{1, 2, 11, 12}, {3, 4, 5, 6, 13, 14, 15, 16}, {7, 8, 17, 18}}),
              ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18));
}

TEST(Concat, NamesPartsThatDoNotFit) {
  EXPECT_THAT(op_error("concat(a, b)", {{1, 2, 2}, {1, 2, 3}}),
              AllOf(HasSubstr("parts differ outside the channels"), HasSubstr("[1,2,2], [1,2,3]")));
  EXPECT_THAT(op_error("concat(a, b)", {{1, 2, 2}, {4}}), HasSubstr("inputs [1,2,2], [4]"));
}

TEST(Concat, CostsNothing) {
  EXPECT_EQ(OpUnderTest("concat(a, b)", {{1, 2, 2}, {3, 2, 2}}).cost(), Cost{});
}

}  // namespace
}  // namespace fovea
