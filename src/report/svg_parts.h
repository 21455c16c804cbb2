// Pieces that all drawings share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "report/chart.h"

namespace fovea::report {

inline constexpr double kFont = 12;  ///< size of all text in drawings

/// A number as SVG writes it, two digits at most.
[[nodiscard]] std::string at(double value);
/// <svg …> with a title for readers that do not see it.
[[nodiscard]] std::string svg_open(double width, double height, std::string_view title);
/// anchor: start, middle or end.
[[nodiscard]] std::string svg_text(double x, double y, std::string_view anchor,
                                   std::string_view text, std::string_view style = "t");
[[nodiscard]] std::string svg_line(double x1, double y1, double x2, double y2,
                                   std::string_view style);
/// A rectangle that shows `hint` under the pointer.
[[nodiscard]] std::string svg_box(double x, double y, double width, double height,
                                  std::string_view style, std::string_view hint);
[[nodiscard]] std::string svg_mark(Mark mark, double x, double y, std::string_view colour,
                                   std::string_view hint);

struct LegendEntry {
  std::string name;
  std::string colour;
  Mark mark = Mark::kNone;
  Line line = Line::kNone;
  bool box = false;
};
/// Entries in rows of at most `width`, from y downwards; gives the drawing and its height.
[[nodiscard]] std::pair<std::string, double> legend(const std::vector<LegendEntry>& entries,
                                                    double x, double y, double width);

}  // namespace fovea::report
