#include "eval/interval.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fovea {
namespace {

TEST(Wilson, EqualsPublishedValues) {
  // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
  const Interval a = wilson(81, 263);
  EXPECT_NEAR(a.low, 0.2553, 5e-5);
  EXPECT_NEAR(a.high, 0.3662, 5e-5);
  const Interval b = wilson(15, 148);
  EXPECT_NEAR(b.low, 0.0624, 5e-5);
  EXPECT_NEAR(b.high, 0.1605, 5e-5);
  const Interval c = wilson(0, 20);
  EXPECT_EQ(c.low, 0);
  EXPECT_NEAR(c.high, 0.1611, 5e-5);
  const Interval d = wilson(1, 29);
  EXPECT_NEAR(d.low, 0.0061, 5e-5);
  EXPECT_NEAR(d.high, 0.1718, 5e-5);
}

TEST(Wilson, StaysWithinZeroAndOneAndHoldsTheShare) {
  EXPECT_EQ(wilson(0, 0).low, 0);
  EXPECT_EQ(wilson(0, 0).high, 1);
  for (int64_t n = 1; n < 60; ++n) {
    for (int64_t k = 0; k <= n; ++k) {
      const Interval share = wilson(k, n);
      const double p = static_cast<double>(k) / static_cast<double>(n);
      EXPECT_GE(share.low, 0);
      EXPECT_LE(share.high, 1);
      EXPECT_LE(share.low, p);
      EXPECT_GE(share.high, p);
    }
  }
}

TEST(PairedDifference, IsExactForFewSamples) {
  // 1 against 7 of 8: 2 · (C(8,0) + C(8,1)) / 2^8.
  const PairedDifference d = paired_difference(100, 1, 7);
  EXPECT_DOUBLE_EQ(d.difference, 0.06);
  EXPECT_NEAR(d.p, 2.0 * 9 / 256, 1e-12);
  EXPECT_NEAR(d.half_width, kZ95 * std::sqrt((0.08 - 0.0036) / 100), 1e-12);
  EXPECT_EQ(paired_difference(100, 3, 3).p, 1);
  EXPECT_EQ(paired_difference(0, 0, 0).p, 1);
  EXPECT_LT(paired_difference(10000, 100, 900).p, 1e-100);
}

}  // namespace
}  // namespace fovea
