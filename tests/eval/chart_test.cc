#include "eval/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fovea {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Chart, DrawsEveryStyle) {
  const Chart chart{.title = "a < b & c",
                    .x_label = "x",
                    .y_label = "y",
                    .series = {{"steps", Chart::Style::kSteps, {{10, 50}, {20, 60}}},
                               {"line", Chart::Style::kLine, {{10, 50}, {20, 60}}},
                               {"dots", Chart::Style::kDots, {{15, 55}}}}};
  const std::string svg = chart.svg();
  EXPECT_THAT(svg, AllOf(HasSubstr("a &lt; b &amp; c"), HasSubstr(">steps<"), HasSubstr(">dots<")));
  // x runs from 0 to 20 over 60..620, y from 50 to 60 over 350..40.
  EXPECT_THAT(svg, HasSubstr("M340.0 350.0 H620.0 V40.0 H620.0"));
  EXPECT_THAT(svg, HasSubstr("M340.0 350.0 L620.0 40.0"));
  EXPECT_THAT(svg, HasSubstr("cx=\"480.0\" cy=\"195.0\""));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
}

TEST(Chart, NothingAndOnePointAreDrawnToo) {
  EXPECT_THAT(Chart{}.svg(), Not(HasSubstr("nan")));
  const Chart one{.series = {{"p", Chart::Style::kDots, {{0, 70}}}}};
  EXPECT_THAT(one.svg(), AllOf(Not(HasSubstr("nan")), Not(HasSubstr("inf"))));
}

}  // namespace
}  // namespace fovea
