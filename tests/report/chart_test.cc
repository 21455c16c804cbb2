#include "report/chart.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "report/stacked.h"
#include "report/text.h"

namespace fovea::report {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Chart two_points() {
  return {.title = "a < b",
          .x = {.label = "cost & time", .low = 0, .high = 10},
          .y = {.label = "top-1, %", .low = 0, .high = 100},
          .series = {{.name = "\"first\"",
                      .colour = "s0",
                      .points = {{.x = 0, .y = 0},
                                 {.x = 10, .y = 100, .low = 90, .high = 110, .hint = "<here>"}}}}};
}

TEST(Chart, WordsAreEscaped) {
  const std::string svg = draw(two_points());
  EXPECT_THAT(svg, AllOf(HasSubstr("a &lt; b"), HasSubstr("cost &amp; time"),
                         HasSubstr("&quot;first&quot;"), HasSubstr("&lt;here&gt;")));
  EXPECT_THAT(svg, Not(HasSubstr("<here>")));
}

TEST(Chart, PointsStandWhereTheScaleSays) {
  const Chart chart = two_points();
  const std::string svg = draw(chart);
  // The upper right corner of the plot: x = width - 12, y = 26; the interval's end is cut there.
  const std::string right = "cx=\"" + std::to_string(static_cast<int>(chart.width) - 12) + "\"";
  EXPECT_THAT(svg, HasSubstr(right + " cy=\"26\""));
  EXPECT_THAT(svg, HasSubstr("y2=\"26\""));
}

TEST(Chart, IntervalsOfBothAxesAreDrawn) {
  Chart chart = two_points();
  chart.series[0].points = {{.x = 5, .y = 50, .low = 25, .high = 75, .left = 2.5, .right = 7.5}};
  const std::string svg = draw(chart);
  size_t n = 0;
  for (size_t at = 0; (at = svg.find("\"l thin s0\"", at)) != std::string::npos; ++at) ++n;
  EXPECT_EQ(n, 2U);
}

TEST(Chart, WhatIsNotFiniteIsLeftOut) {
  Chart chart = two_points();
  chart.series[0].points.push_back({.x = std::nan(""), .y = 1});
  chart.series[0].points.push_back({.x = 1, .y = std::numeric_limits<double>::infinity()});
  EXPECT_EQ(draw(chart), draw(two_points()));
  chart.x.log = true;
  chart.x.low.reset();
  chart.series[0].points = {{.x = 0, .y = 1}};  // no logarithm
  EXPECT_THAT(draw(chart), HasSubstr("no data"));
}

TEST(Chart, OfNothingSaysSo) {
  EXPECT_THAT(draw(Chart{.title = "empty"}), HasSubstr("no data"));
  EXPECT_THAT(draw(StackedChart{.title = "empty"}), HasSubstr("no data"));
}

TEST(Chart, OneDrawingForOneChart) { EXPECT_EQ(draw(two_points()), draw(two_points())); }

TEST(StackedChart, PartsFollowEachOther) {
  const StackedChart chart{.title = "shares",
                           .legend = {{"a", "s0"}, {"b", "s1"}},
                           .rows = {{.name = "row", .parts = {25, 75}}},
                           .unit = "%",
                           .share = true};
  const std::string svg = draw(chart);
  EXPECT_THAT(svg, AllOf(HasSubstr("row, a: 25 %"), HasSubstr("row, b: 75 %")));
}

TEST(Matrix, CountsStandInTheirCellsWithTheirShare) {
  const std::string svg =
      draw(Matrix{.title = "confusion", .names = {"cat", "dog"}, .cells = {{9, 1}, {0, 4}}});
  EXPECT_THAT(svg, AllOf(HasSubstr("cat answered as dog: 1 of 10"),
                         HasSubstr("dog answered as dog: 4 of 4")));
  EXPECT_THAT(svg, Not(HasSubstr("dog answered as cat")));
}

TEST(Text, NumbersAreShort) {
  EXPECT_EQ(counted(0), "0");
  EXPECT_EQ(counted(999.4), "999");
  EXPECT_EQ(counted(999.6), "1.00 k");
  EXPECT_EQ(counted(36e6), "36.0 M");
  EXPECT_EQ(counted(666'494), "666 k");
  EXPECT_EQ(counted(15'680'000), "15.7 M");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-1234), "-1,234");
  EXPECT_EQ(csv_field("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(escaped("\xff<"), "\\xff&lt;");
}

}  // namespace
}  // namespace fovea::report
