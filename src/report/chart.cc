#include "report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/scale.h"
#include "report/svg_parts.h"
#include "report/text.h"

namespace fovea::report {
namespace {

/// Drawings over the whole page.
constexpr double kWide = 700;

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void take(double value, bool log) {
    if (!std::isfinite(value) || (log && value <= 0)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  [[nodiscard]] bool empty() const { return low > high; }
};

bool drawable(const Chart& chart, const Point& point) {
  return std::isfinite(point.x) && std::isfinite(point.y) && !(chart.x.log && point.x <= 0) &&
         !(chart.y.log && point.y <= 0);
}

Scale scale_of(const ChartAxis& axis, Range range) {
  if (axis.from_zero && !axis.log) range.take(0, false);
  if (axis.low) range.low = *axis.low;
  if (axis.high) range.high = *axis.high;
  if (axis.log) return rounded_log_range(range.low, range.high);
  Scale scale = rounded_range(std::min(range.low, range.high), range.high);
  if (axis.tight && range.low < range.high) {
    const double margin = 0.04 * (range.high - range.low);
    scale.low = range.low - margin;
    scale.high = range.high + margin;
  }
  if (axis.low) scale.low = *axis.low;
  if (axis.high) scale.high = *axis.high;
  return scale;
}

std::vector<double> ticks_of(const ChartAxis& axis, const Scale& scale, int n) {
  std::vector<double> out = ticks(scale, n);
  if (axis.whole) {
    std::erase_if(out, [](double v) { return std::abs(v - std::round(v)) > 1e-9; });
  }
  return out;
}

class Drawing {
 public:
  explicit Drawing(const Chart& chart) : chart_(chart) {
    Range x;
    Range y;
    for (const Series& series : chart.series) {
      for (const Point& point : series.points) {
        if (!drawable(chart, point)) continue;
        x.take(point.x, chart.x.log);
        y.take(point.y, chart.y.log);
        if (point.left) x.take(*point.left, chart.x.log);
        if (point.right) x.take(*point.right, chart.x.log);
        if (point.low) y.take(*point.low, chart.y.log);
        if (point.high) y.take(*point.high, chart.y.log);
      }
    }
    for (const Bar& bar : chart.bars) {
      x.take(bar.from, chart.x.log);
      x.take(bar.to, chart.x.log);
      y.take(bar.y, chart.y.log);
    }
    empty_ = x.empty() || y.empty();
    if (empty_) return;
    x_ = scale_of(chart.x, x);
    y_ = scale_of(chart.y, y);
  }

  std::string text() {
    if (empty_) {
      return svg_open(chart_.width, 60, chart_.title) +
             svg_text(chart_.width / 2, 34, "middle", "no data") + "</svg>\n";
    }
    const std::string axes = draw_axes();
    std::string body;
    for (const Bar& bar : chart_.bars) body += draw_bar(bar);
    for (const Series& series : chart_.series) {
      if (series.band) body += draw_band(series);
    }
    for (const Series& series : chart_.series) body += draw_line(series);
    for (const Series& series : chart_.series) body += draw_points(series);
    const auto [entries, tall] = draw_legend();
    // The legend begins 2 below; letters reach below its rows.
    return svg_open(chart_.width, chart_.height + tall + 5, chart_.title) + axes + body + entries +
           "</svg>\n";
  }

 private:
  std::string draw_axes() {
    const std::vector<double> y_ticks = ticks_of(chart_.y, y_, 5);
    const std::vector<std::string> y_labels = tick_labels(y_ticks, chart_.y.log);
    double widest = 0;
    for (const auto& label : y_labels) widest = std::max(widest, text_width(label) * kFont);
    const double left = widest + 12;
    x_.from = left;
    x_.to = chart_.width - 12;
    y_.from = chart_.height - 38;
    y_.to = 26;
    std::string out = svg_text(2, 12, "start", chart_.y.label, "t axis");
    for (size_t i = 0; i < y_ticks.size(); ++i) {
      const double y = y_.place(y_ticks[i]);
      out += svg_line(x_.from, y, x_.to, y, "grid");
      out += svg_text(left - 6, y + 4, "end", y_labels[i]);
    }
    const std::vector<double> x_ticks = ticks_of(chart_.x, x_, chart_.width < 340 ? 4 : 6);
    const std::vector<std::string> x_labels = tick_labels(x_ticks, chart_.x.log);
    double free_from = -1e9;
    for (size_t i = 0; i < x_ticks.size(); ++i) {
      const double x = x_.place(x_ticks[i]);
      out += svg_line(x, y_.from, x, y_.from + 4, "rim");
      // A label that would touch its neighbour is left out.
      const double half = text_width(x_labels[i]) * kFont / 2;
      if (x - half < free_from) continue;
      free_from = x + half + 5;
      const bool ends = x + half > chart_.width;
      out += svg_text(ends ? chart_.width : x, y_.from + 16, ends ? "end" : "middle", x_labels[i]);
    }
    out += svg_line(x_.from, y_.from, x_.to, y_.from, "rim");
    // What a narrow screen shows of a wide drawing is its left end.
    const bool wide = chart_.width > kWide;
    out += svg_text(wide ? x_.from : (x_.from + x_.to) / 2, y_.from + 32, wide ? "start" : "middle",
                    chart_.x.label, "t axis");
    return out;
  }

  [[nodiscard]] double y_at(double value) const {
    return y_.place(std::clamp(value, y_.low, y_.high));
  }

  [[nodiscard]] std::string draw_bar(const Bar& bar) const {
    if (!std::isfinite(bar.y)) return {};
    const double from = x_.place(bar.from);
    const double top = y_at(bar.y);
    return svg_box(from, top, std::max(0.4, x_.place(bar.to) - from), y_.from - top,
                   "f " + bar.colour, bar.hint);
  }

  [[nodiscard]] std::string draw_band(const Series& series) const {
    std::string there;
    std::string back;
    for (const Point& point : series.points) {
      if (!drawable(chart_, point) || !point.low || !point.high) continue;
      const std::string x = at(x_.place(point.x));
      there.append(there.empty() ? "M" : "L").append(x).append(" ").append(at(y_at(*point.high)));
      back.insert(0, "L" + x + " " + at(y_at(*point.low)));
    }
    if (there.empty()) return {};
    return "<path class=\"band f " + series.colour + "\" d=\"" + there + back + "Z\"/>\n";
  }

  [[nodiscard]] std::string draw_line(const Series& series) const {
    if (series.line == Line::kNone) return {};
    std::string path;
    for (const Point& point : series.points) {
      if (!drawable(chart_, point)) continue;
      path += (path.empty() ? "M" : "L") + at(x_.place(point.x)) + " " + at(y_at(point.y));
    }
    if (path.empty()) return {};
    return "<path class=\"l " + std::string(series.line == Line::kDashed ? "dash " : "") +
           series.colour + "\" d=\"" + path + "\"/>\n";
  }

  [[nodiscard]] std::string draw_points(const Series& series) const {
    std::string out;
    for (const Point& point : series.points) {
      if (!drawable(chart_, point)) continue;
      const double x = x_.place(point.x);
      if (!series.band && point.low && point.high) {
        out += svg_line(x, y_at(*point.low), x, y_at(*point.high), "l thin " + series.colour);
      }
      if (point.left && point.right) {
        const double y = y_at(point.y);
        out += svg_line(x_.place(*point.left), y, x_.place(*point.right), y,
                        "l thin " + series.colour);
      }
      out += svg_mark(series.mark, x, y_at(point.y), series.colour, point.hint);
    }
    return out;
  }

  [[nodiscard]] std::pair<std::string, double> draw_legend() const {
    std::vector<LegendEntry> entries;
    for (const auto& [name, colour] : chart_.bar_legend) {
      entries.push_back({.name = name, .colour = colour, .box = true});
    }
    for (const Series& series : chart_.series) {
      entries.push_back(
          {.name = series.name, .colour = series.colour, .mark = series.mark, .line = series.line});
    }
    return legend(entries, 4, chart_.height + 2, chart_.width - 8);
  }

  const Chart& chart_;
  bool empty_ = false;
  Scale x_;
  Scale y_;
};

}  // namespace

std::string draw(const Chart& chart) { return Drawing(chart).text(); }

}  // namespace fovea::report
