#include "calibrate/drop_bound.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/noise.h"

namespace fovea {
namespace {

double summed_cdf(int64_t k, int64_t n, double p) {
  double sum = 0;
  for (int64_t i = 0; i <= k; ++i) {
    sum += std::exp(
        std::lgamma(static_cast<double>(n + 1)) - std::lgamma(static_cast<double>(i + 1)) -
        std::lgamma(static_cast<double>(n - i + 1)) + static_cast<double>(i) * std::log(p) +
        static_cast<double>(n - i) * std::log1p(-p));
  }
  return sum;
}

TEST(Binomial, EqualsItsSum) {
  for (const int64_t n : {1, 10, 300, 2500}) {
    for (const double p : {0.001, 0.03, 0.5, 0.97}) {
      for (int64_t k = 0; k < n; k += std::max<int64_t>(1, n / 7)) {
        EXPECT_NEAR(binomial_cdf(k, n, p), summed_cdf(k, n, p), 1e-10) << k << " " << n << " " << p;
      }
    }
  }
  EXPECT_EQ(binomial_cdf(-1, 10, 0.5), 0);
  EXPECT_EQ(binomial_cdf(10, 10, 0.5), 1);
}

TEST(DifferenceCdf, EqualsItsDoubleSum) {
  constexpr int64_t kN = 60;
  for (const double lost : {0.0, 0.01, 0.2, 0.6}) {
    for (const double gained : {0.0, 0.02, 0.35}) {
      double sum = 0;
      for (int64_t s = -kN; s <= kN; ++s) {
        for (int64_t g = std::max<int64_t>(0, -s); 2 * g + s <= kN; ++g) {
          const int64_t l = g + s;
          const auto x = [](int64_t v) { return std::lgamma(static_cast<double>(v + 1)); };
          sum += std::exp(x(kN) - x(l) - x(g) - x(kN - l - g)) *
                 std::pow(lost, static_cast<double>(l)) * std::pow(gained, static_cast<double>(g)) *
                 std::pow(1 - lost - gained, static_cast<double>(kN - l - g));
        }
        EXPECT_NEAR(difference_cdf(s, kN, lost, gained), sum, 1e-10)
            << s << " " << lost << " " << gained;
      }
    }
  }
}

TEST(ClopperPearson, EqualsPublishedLimits) {
  // 95 % two-sided limits of 10 in 100 are 4.90 % and 17.62 %.
  EXPECT_NEAR(clopper_pearson_lower(10, 100, 0.025), 0.0490, 5e-5);
  EXPECT_NEAR(clopper_pearson_upper(10, 100, 0.025), 0.1762, 5e-5);
  // None in n: 1 - alpha^(1/n).
  EXPECT_NEAR(clopper_pearson_upper(0, 300, 0.05), 1 - std::pow(0.05, 1.0 / 300), 1e-12);
  EXPECT_EQ(clopper_pearson_lower(0, 300, 0.05), 0);
  EXPECT_EQ(clopper_pearson_upper(7, 7, 0.05), 1);
}

TEST(DropBound, AdaptsToHowOftenAnswersChange) {
  const double few = drop_upper_bound({.n = 2500, .lost = 20, .gained = 15}, 0.05);
  const double many = drop_upper_bound({.n = 2500, .lost = 120, .gained = 115}, 0.05);
  EXPECT_GT(few, 0.002);
  EXPECT_LT(few, 0.0085);
  EXPECT_GT(many, 0.01);
  // A normal bound of the same changes is near: 0.2 % + 1.645 sqrt(235)/2500.
  EXPECT_NEAR(many, 0.002 + 1.645 * std::sqrt(235.0) / 2500, 0.002);
  EXPECT_TRUE(rules_out_drop({.n = 2500, .lost = 20, .gained = 15}, few, 0.05));
  EXPECT_FALSE(rules_out_drop({.n = 2500, .lost = 20, .gained = 15}, few - 1e-4, 0.05));
}

TEST(DropBound, MoreConfidenceAndFewerSamplesMeanMore) {
  const AnswerChanges changes{.n = 1000, .lost = 10, .gained = 5};
  EXPECT_LT(drop_upper_bound(changes, 0.1), drop_upper_bound(changes, 0.01));
  EXPECT_LT(drop_upper_bound({.n = 4000, .lost = 40, .gained = 20}, 0.05),
            drop_upper_bound(changes, 0.05));
  EXPECT_LT(drop_lower_bound(changes, 0.05), changes.drop());
  EXPECT_EQ(drop_upper_bound({.n = 3, .lost = 3}, 0.05), 1);
  EXPECT_FALSE(rules_out_drop({}, 0.5, 0.05));
}

TEST(DropBound, SaysHowManySamplesAreNeeded) {
  const auto none_changes = samples_needed(0.01, 0.05, {}, 0);
  ASSERT_TRUE(none_changes);
  // No test can do with fewer than log(delta)/log(1 - drop) samples.
  EXPECT_GE(*none_changes, 298);
  EXPECT_LT(*none_changes, 800);
  const auto some = samples_needed(0.01, 0.05, {.changed = 0.035, .drop = 0.005}, 0);
  ASSERT_TRUE(some);
  EXPECT_GT(*some, 2 * *none_changes);
  const auto lost = static_cast<int64_t>(0.02 * static_cast<double>(2 * *some));
  const auto gained = static_cast<int64_t>(0.015 * static_cast<double>(2 * *some));
  EXPECT_TRUE(rules_out_drop({.n = 2 * *some, .lost = lost, .gained = gained}, 0.01, 0.05));
  EXPECT_FALSE(samples_needed(0.01, 0.05, {.changed = 0.04, .drop = 0.02}, 0));
  EXPECT_GT(*samples_needed(0.01, 0.05, {.changed = 0.035, .drop = 0.005}, 1.3), 2 * *some);
}

/// Draws from a distribution whose drop is exactly the one to be ruled out.
TEST(DropBound, RulesOutTheTruthNoMoreOftenThanPromised) {
  constexpr int kDraws = 2000;
  struct Case {
    double drop, gained;
    int64_t n;
    double delta;
  };
  for (const Case& c :
       {Case{0.01, 0, 800, 0.05}, Case{0.01, 0.002, 2500, 0.05}, Case{0.01, 0.02, 2500, 0.05},
        Case{0.005, 0.1, 2500, 0.1}, Case{0.02, 0.01, 300, 0.1}}) {
    const Noise noise(17, "draws");
    int wrong = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      NoiseCursor cursor(noise.fork(static_cast<uint64_t>(draw)));
      AnswerChanges changes{.n = c.n};
      for (int64_t i = 0; i < c.n; ++i) {
        const double u = cursor.uniform();
        if (u < c.gained + c.drop) {
          ++changes.lost;
        } else if (u < 2 * c.gained + c.drop) {
          ++changes.gained;
        }
      }
      if (rules_out_drop(changes, c.drop, c.delta)) ++wrong;
    }
    // Three standard deviations of a count that is right on the promise.
    const double allowed = kDraws * c.delta + 3 * std::sqrt(kDraws * c.delta * (1 - c.delta));
    EXPECT_LE(wrong, allowed) << c.drop << " " << c.gained << " " << c.n;
    // A bound that never errs at all would be far too careful.
    EXPECT_GT(wrong, kDraws * c.delta / 20) << c.drop << " " << c.gained << " " << c.n;
  }
}

}  // namespace
}  // namespace fovea
