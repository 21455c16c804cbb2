// Charts of values over values, as SVG. Colours are classes of the page's style (style.h), so one
// drawing serves light, dark and print.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace fovea::report {

enum class Mark : uint8_t { kNone, kCircle, kSquare, kDiamond, kTriangle, kCross };
enum class Line : uint8_t { kNone, kSolid, kDashed };

struct Point {
  double x = 0;
  double y = 0;
  std::optional<double> low;    ///< interval of y
  std::optional<double> high;   ///< interval of y
  std::optional<double> left;   ///< interval of x
  std::optional<double> right;  ///< interval of x
  std::string hint;             ///< shown under the pointer
};

struct Series {
  std::string name;    ///< stands in the legend; empty: not there
  std::string colour;  ///< "s0" … "s5", "x0" … (exits), "quiet"
  Mark mark = Mark::kCircle;
  Line line = Line::kSolid;
  bool band = false;  ///< intervals as a band behind the line instead of whiskers
  std::vector<Point> points;
};

/// A bar from the x axis, x from..to, up to y.
struct Bar {
  double from = 0;
  double to = 0;
  double y = 0;
  std::string colour;
  std::string hint;
};

struct ChartAxis {
  std::string label;           ///< with its unit
  std::optional<double> low;   ///< else from the values
  std::optional<double> high;  ///< else from the values
  bool log = false;
  bool from_zero = false;
  bool whole = false;  ///< ticks at whole numbers only
  bool tight = false;  ///< ends at the values instead of at round numbers
};

struct Chart {
  std::string title;  ///< for readers that do not see it
  ChartAxis x;
  ChartAxis y;
  std::vector<Series> series;
  std::vector<Bar> bars;
  /// Legend entries of bars: name and colour.
  std::vector<std::pair<std::string, std::string>> bar_legend;
  double width = 400;
  double height = 270;  ///< without the legend
};

/// Points that are not finite are left out; a chart without any says "no data".
[[nodiscard]] std::string draw(const Chart& chart);

}  // namespace fovea::report
