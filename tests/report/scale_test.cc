#include "report/scale.h"

#include <gmock/gmock.h>

#include <cmath>

namespace fovea::report {
namespace {

using testing::ElementsAre;
using testing::Pointwise;

TEST(Scale, PlacesItsEndsAndItsMiddle) {
  const Scale linear{.low = 10, .high = 20, .from = 100, .to = 0};
  EXPECT_DOUBLE_EQ(linear.place(10), 100);
  EXPECT_DOUBLE_EQ(linear.place(15), 50);
  EXPECT_DOUBLE_EQ(linear.place(20), 0);
  const Scale log{.low = 1, .high = 100, .from = 0, .to = 10, .log = true};
  EXPECT_NEAR(log.place(10), 5, 1e-12);
}

TEST(RoundedRange, HoldsTheValuesAndEndsAtTicks) {
  for (const double low : {-3.7, 0.0, 0.0123, 80.1, 12345.0}) {
    for (const double span : {1e-6, 0.3, 7.0, 1e6}) {
      const Scale scale = rounded_range(low, low + span);
      EXPECT_LE(scale.low, low + 1e-9 * std::abs(low));
      EXPECT_GE(scale.high, low + span - 1e-9 * std::abs(low));
      EXPECT_LE(scale.high - scale.low, 2.5 * span);
      const auto marks = ticks(scale, 5);
      ASSERT_GE(marks.size(), 3U);
      EXPECT_LE(marks.size(), 9U);
      EXPECT_NEAR(marks.front(), scale.low, 1e-6 * span);
    }
  }
}

TEST(RoundedRange, OfOneValueIsNotEmpty) {
  for (const double value : {0.0, 5.0, -2.0, 1e9}) {
    const Scale scale = rounded_range(value, value);
    EXPECT_LT(scale.low, value);
    EXPECT_GT(scale.high, value);
  }
}

TEST(Ticks, AreRound) {
  EXPECT_THAT(ticks({.low = 80, .high = 90}), ElementsAre(80, 82, 84, 86, 88, 90));
  EXPECT_THAT(ticks({.low = 0, .high = 100}), ElementsAre(0, 20, 40, 60, 80, 100));
  EXPECT_THAT(ticks({.low = -1, .high = 1}, 4),
              Pointwise(testing::DoubleNear(1e-12), std::vector<double>{-1, -0.5, 0, 0.5, 1}));
  // Ends that are no ticks themselves.
  EXPECT_THAT(ticks({.low = 17.2, .high = 36.7}, 6), ElementsAre(20, 25, 30, 35));
}

TEST(Ticks, OfLogarithmsAreOneTwoFive) {
  EXPECT_THAT(ticks({.low = 1, .high = 20, .log = true}),
              Pointwise(testing::DoubleNear(1e-9), std::vector<double>{1, 2, 5, 10, 20}));
  EXPECT_THAT(ticks({.low = 1e-3, .high = 1e3, .log = true}),
              Pointwise(testing::DoubleNear(1e-9),
                        std::vector<double>{1e-3, 1e-2, 1e-1, 1e0, 1e1, 1e2, 1e3}));
}

TEST(RoundedLogRange, HoldsTheValues) {
  for (const auto& [low, high] : {std::pair{0.3, 7.0}, {1.0, 1.0}, {17.8e6, 940e6}}) {
    const Scale scale = rounded_log_range(low, high);
    EXPECT_LE(scale.low, low * (1 + 1e-9));
    EXPECT_GE(scale.high, high * (1 - 1e-9));
    EXPECT_LT(scale.low, scale.high);
  }
}

TEST(TickLabels, HaveAsManyDigitsAsTheyNeed) {
  EXPECT_THAT(tick_labels({0, 0.25, 0.5}, false), ElementsAre("0.00", "0.25", "0.50"));
  EXPECT_THAT(tick_labels({80, 82}, false), ElementsAre("80", "82"));
  EXPECT_THAT(tick_labels({0, 20000}, false), ElementsAre("0", "20 k"));
  EXPECT_THAT(tick_labels({0.1, 1, 10}, true), ElementsAre("0.1", "1", "10"));
}

}  // namespace
}  // namespace fovea::report
