#include "ops/decide/decide.h"

#include <limits>

#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::HasSubstr;

const float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<int64_t> choices(const std::string& text, int64_t n, const std::vector<float>& scores) {
  OpUnderTest op(text, {{n}});
  const Tensor out = op.run({scores});
  return {out.data<int64_t>().begin(), out.data<int64_t>().end()};
}

TEST(Decide, ByThresholdIsBinaryAndDoesTheWorkForNan) {
  const OpUnderTest op("decide(a) threshold=0.5", {{1}});
  EXPECT_EQ(op.view().output_type(0).text(), "binary[2]");
  EXPECT_THAT(choices("decide(a) threshold=0.5", 1, {0.4F, 0.5F, 0.6F, kNan}),
              ElementsAre(0, 1, 1, 1));
}

TEST(Decide, ByMetricScoresTheWholeVector) {
  EXPECT_THAT(choices("decide(a) metric=margin threshold=0.5", 2, {0, 0, 5, 0}), ElementsAre(0, 1));
}

TEST(Decide, ByArgmaxTakesTheFirstMaximum) {
  const OpUnderTest op("decide(a) rule=argmax", {{3}});
  EXPECT_EQ(op.view().output_type(0).text(), "one_of_n[3]");
  EXPECT_THAT(choices("decide(a) rule=argmax", 3, {1, 3, 3, 2, 1, 0, kNan, kNan, kNan}),
              ElementsAre(1, 0, 0));
}

TEST(Decide, AnswersOfARunComeBeforeTheNodesRule) {
  const OpUnderTest op("decide(a) threshold=0.5", {{1}});
  const std::vector<Tensor> in{Tensor({3, 1}, std::vector<float>{0.1F, 0.4F, 0.9F})};
  const auto decided = [&](const DecisionAnswer& answer) {
    std::vector<Tensor> out{Tensor::i64({3})};
    std::vector<int64_t> macs(3, 0);
    find_ref_op("decide")->run(
        {.node = op.view(), .in = in, .out = out, .n = 3, .macs = macs.data(), .answer = &answer});
    return std::vector<int64_t>(out[0].data<int64_t>().begin(), out[0].data<int64_t>().end());
  };
  EXPECT_THAT(decided({}), ElementsAre(0, 0, 1));
  EXPECT_THAT(decided({.threshold = 0.3F}), ElementsAre(0, 1, 1));
  EXPECT_THAT(decided({.force = 0}), ElementsAre(0, 0, 0));
  const std::vector<int64_t> replay{1, 0, 0};
  EXPECT_THAT(decided({.replay = replay}), ElementsAre(1, 0, 0));
}

TEST(Decide, WeightsAreHalfAtTheThresholdAndSumToOne) {
  std::vector<float> weights(2);
  decide_weights({}, std::vector{2.0F}, 2.0F, weights);
  EXPECT_THAT(weights, ElementsAre(FloatEq(0.5F), FloatEq(0.5F)));
  decide_weights({}, std::vector{9.0F}, 2.0F, weights);
  EXPECT_GT(weights[1], 0.99F);
  EXPECT_FLOAT_EQ(weights[0] + weights[1], 1.0F);
  decide_weights({.rule = DecisionRule::kArgmax}, std::vector{1.0F, 1.0F}, 0, weights);
  EXPECT_THAT(weights, ElementsAre(FloatEq(0.5F), FloatEq(0.5F)));
}

TEST(Decide, NamesScoresThatDoNotFit) {
  EXPECT_THAT(op_error("decide(a)", {{3}}), HasSubstr("expected [1]; found inputs [3]"));
  EXPECT_THAT(op_error("decide(a) rule=argmax", {{3, 1, 1}}), HasSubstr("inputs [3,1,1]"));
  EXPECT_THAT(op_error("decide(a) threshold=inf", {{1}}), HasSubstr("threshold"));
}

}  // namespace
}  // namespace fovea
