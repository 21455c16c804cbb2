#include <cmath>

#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

TEST(Softmax, IsExpOverSumForEachSample) {
  OpUnderTest op("softmax(a)", {{2}});
  EXPECT_EQ(op.shape(), (Shape{2}));
  const float p = 1.0F / (1.0F + std::exp(-1.0F));
  EXPECT_THAT(op.values({{1, 0, 5, 5}}),
              ElementsAre(FloatEq(p), FloatEq(1 - p), FloatEq(0.5F), FloatEq(0.5F)));
}

TEST(Softmax, DoesNotOverflow) {
  EXPECT_THAT(OpUnderTest("softmax(a)", {{2}}).values({{1e30F, -1e30F}}), ElementsAre(1, 0));
}

TEST(Softmax, NamesAnInputThatIsNoVector) {
  EXPECT_THAT(op_error("softmax(a)", {{2, 2}}), HasSubstr("expected [C]; found inputs [2,2]"));
}

}  // namespace
}  // namespace fovea
