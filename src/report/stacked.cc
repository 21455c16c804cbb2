#include "report/stacked.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/svg_text.h"
#include "report/scale.h"
#include "report/svg_parts.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kBar = 15;
constexpr double kRow = 21;
constexpr size_t kLettersOfName = 18;
constexpr double kMargin = 6;
/// Wider names leave no room for what they name.
constexpr double kMostOfName = 132;
/// Names of columns lean by 45 degrees.
constexpr double kLean = 0.7072;

/// A name as it is drawn.
std::string drawn_name(const std::string& name) {
  std::string out = drawing::clipped(name, kLettersOfName);
  for (size_t n = kLettersOfName; n > 1 && text_width(out) * kFont > kMostOfName;) {
    out = drawing::clipped(name, --n);
  }
  return out;
}

double widest_name(const std::vector<std::string>& names) {
  double widest = 0;
  for (const auto& name : names) {
    widest = std::max(widest, text_width(drawn_name(name)) * kFont);
  }
  return widest;
}

/// The largest cells beside which nothing leaves the drawing: a leaning name begins in the middle
/// of its column and goes on to the right.
double cell_side(const Matrix& matrix, double left, bool named) {
  const size_t n = matrix.names.size();
  const double room = matrix.width - left - kMargin;
  double side = room / static_cast<double>(std::max<size_t>(n, 1));
  for (size_t c = 0; named && c < n; ++c) {
    const double name = text_width(drawn_name(matrix.names[c])) * kFont;
    const double reach = (name + kFont) * kLean;
    side = std::min(side, (room - reach) / (static_cast<double>(c) + 0.5));
  }
  return side;
}

std::string hint_of(const StackedRow& row, const std::string& part, double value,
                    const std::string& unit) {
  return row.name + ", " + part + ": " + shortest(value) + " " + unit;
}

}  // namespace

std::string draw(const StackedChart& chart) {
  std::vector<std::string> names;
  double most = 0;
  double widest_total = 0;
  for (const StackedRow& row : chart.rows) {
    names.push_back(row.name);
    most = std::max(most, std::accumulate(row.parts.begin(), row.parts.end(), 0.0));
    widest_total = std::max(widest_total, text_width(row.total) * kFont);
  }
  if (chart.rows.empty() || !(most > 0)) {
    return svg_open(chart.width, 60, chart.title) +
           svg_text(chart.width / 2, 34, "middle", "no data") + "</svg>\n";
  }
  Scale scale = chart.share ? Scale{.low = 0, .high = 100} : rounded_range(0, most);
  scale.from = widest_name(names) + 10;
  scale.to = chart.width - 14 - (widest_total > 0 ? widest_total + 4 : 0);
  const double bottom = 4 + kRow * static_cast<double>(chart.rows.size());
  std::string out;
  const std::vector<double> marks = ticks(scale, 5);
  const std::vector<std::string> labels = tick_labels(marks, false);
  for (size_t i = 0; i < marks.size(); ++i) {
    const double x = scale.place(marks[i]);
    out += svg_line(x, 2, x, bottom, "grid");
    out += svg_text(x, bottom + 14, "middle", labels[i]);
  }
  for (size_t r = 0; r < chart.rows.size(); ++r) {
    const StackedRow& row = chart.rows[r];
    const double y = 4 + kRow * static_cast<double>(r);
    out += svg_text(scale.from - 6, y + 12, "end", drawn_name(row.name));
    double sum = 0;
    for (size_t p = 0; p < row.parts.size(); ++p) {
      const double value = std::max(0.0, row.parts[p]);
      const double from = scale.place(sum);
      sum += value;
      const double to = scale.place(std::min(sum, scale.high));
      if (to - from < 0.05) continue;
      out += svg_box(from, y + 1, to - from, kBar, "f part " + chart.legend[p].second,
                     hint_of(row, chart.legend[p].first, value, chart.unit));
    }
    if (!row.total.empty()) {
      out += svg_text(scale.place(std::min(sum, scale.high)) + 5, y + 12, "start", row.total);
    }
  }
  out += svg_line(scale.from, 2, scale.from, bottom, "rim");
  out += svg_text((scale.from + scale.to) / 2, bottom + 29, "middle", chart.unit, "t axis");
  std::vector<LegendEntry> entries;
  for (const auto& [name, colour] : chart.legend) {
    entries.push_back({.name = name, .colour = colour, .box = true});
  }
  const auto [drawn, tall] = legend(entries, 4, bottom + 36, chart.width - 8);
  return svg_open(chart.width, bottom + 38 + tall, chart.title) + out + drawn + "</svg>\n";
}

std::string draw(const Matrix& matrix) {
  const size_t n = matrix.names.size();
  const bool named = n <= 30;
  const double left = named ? widest_name(matrix.names) + 8 : 20;
  const double side = cell_side(matrix, left, named);
  // Column names lean to the right where they are wider than a cell.
  const double lean = named ? widest_name(matrix.names) * 0.75 + 14 : 20;
  const double top = lean + 12;
  std::string out = svg_text(left, 11, "start", "answered", "t axis");
  for (size_t r = 0; r < n; ++r) {
    const int64_t row_sum =
        std::accumulate(matrix.cells[r].begin(), matrix.cells[r].end(), int64_t{0});
    const double y = top + side * static_cast<double>(r);
    const double x_of_names = left + side * (static_cast<double>(r) + 0.5);
    const std::string name = drawn_name(matrix.names[r]);
    if (named) {
      out += svg_text(left - 5, y + side / 2 + 4, "end", name);
      out += "<g transform=\"translate(" + at(x_of_names) + " " + at(top - 6) + ") rotate(-45)\">" +
             svg_text(0, 0, "start", name) + "</g>\n";
    }
    for (size_t c = 0; c < n; ++c) {
      const int64_t count = matrix.cells[r][c];
      if (count == 0) continue;
      const double share = static_cast<double>(count) / static_cast<double>(row_sum);
      const double x = left + side * static_cast<double>(c);
      // The square root makes rare errors visible.
      const std::string shade = at(std::sqrt(share));
      out += "<g><rect class=\"f " + std::string(r == c ? "good" : "bad") + "\" opacity=\"" +
             shade + "\" x=\"" + at(x) + "\" y=\"" + at(y) + "\" width=\"" + at(side) +
             "\" height=\"" + at(side) + "\"/>";
      const std::string text = grouped(count);
      if (text_width(text) * kFont + 3 <= side) {
        out += svg_text(x + side / 2, y + side / 2 + 4, "middle", text,
                        share > 0.5 ? "t onfill" : "t ink");
      }
      out += "<title>" +
             escaped(matrix.names[r] + " answered as " + matrix.names[c] + ": " + text + " of " +
                     grouped(row_sum)) +
             "</title></g>\n";
    }
    out += svg_line(left, y, left + side * static_cast<double>(n), y, "grid");
  }
  const double end = top + side * static_cast<double>(n);
  out += svg_line(left, end, left + side * static_cast<double>(n), end, "rim");
  out += svg_line(left, top, left, end, "rim");
  return svg_open(matrix.width, end + 6, matrix.title) + out + "</svg>\n";
}

}  // namespace fovea::report
