#include "eval/chart.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

namespace fovea {
namespace {

constexpr double kWidth = 640, kHeight = 400;
constexpr double kLeft = 60, kRight = 20, kTop = 40, kBottom = 50;
// Okabe and Ito's.
constexpr std::array<std::string_view, 5> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#000000"};

std::string number(double value, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return text.data();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

/// An axis from a round number to a round number in round steps.
struct Axis {
  double low = 0, high = 1, step = 1;
  double from = 0, to = 1;  ///< in the drawing

  Axis(double least, double most, double begin, double end) : from(begin), to(end) {
    const double span = std::max(most - least, 1e-9 + std::abs(most) * 1e-3);
    const double rough = span / 5;
    const double power = std::pow(10.0, std::floor(std::log10(rough)));
    step = power * (rough / power < 1.5   ? 1
                    : rough / power < 3.5 ? 2
                    : rough / power < 7.5 ? 5
                                          : 10);
    low = std::floor(least / step) * step;
    high = std::ceil(most / step) * step;
    if (high <= low) high = low + step;
  }
  [[nodiscard]] double at(double value) const {
    return from + (value - low) / (high - low) * (to - from);
  }
  [[nodiscard]] int digits() const {
    return std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  }
};

std::string text_at(double x, double y, std::string_view anchor, std::string_view text) {
  return "<text x=\"" + number(x, 1) + "\" y=\"" + number(y, 1) + "\" text-anchor=\"" +
         std::string(anchor) + "\">" + escaped(text) + "</text>\n";
}

std::string path_of(const Chart::Series& series, const Axis& x, const Axis& y) {
  std::string path;
  for (const auto& [px, py] : series.points) {
    const std::string to = number(x.at(px), 1);
    if (path.empty()) {
      path = "M" + to + " " + number(y.at(py), 1);
    } else if (series.style == Chart::Style::kSteps) {
      path += " H" + to + " V" + number(y.at(py), 1);
    } else {
      path += " L" + to + " " + number(y.at(py), 1);
    }
  }
  if (series.style == Chart::Style::kSteps) path += " H" + number(x.to, 1);
  return path;
}

}  // namespace

std::string Chart::svg() const {
  double x_most = 0;
  double y_least = 100, y_most = 0;
  for (const Series& each : series) {
    for (const auto& [px, py] : each.points) {
      x_most = std::max(x_most, px);
      y_least = std::min(y_least, py);
      y_most = std::max(y_most, py);
    }
  }
  const Axis x(0, std::max(x_most, 1e-6), kLeft, kWidth - kRight);
  const Axis y(std::min(y_least, y_most), y_most, kHeight - kBottom, kTop);
  std::string out =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" "
      "font-family=\"sans-serif\" "
      "font-size=\"12\">\n<rect width=\"640\" height=\"400\" fill=\"white\"/>\n";
  out += text_at(kWidth / 2, 20, "middle", title);
  out += text_at(kWidth / 2, kHeight - 12, "middle", x_label);
  out += "<g transform=\"rotate(-90 16 200)\">" + text_at(16, 200, "middle", y_label) + "</g>\n";
  const auto line = [](double x0, double y0, double x1, double y1) {
    return "<path d=\"M" + number(x0, 1) + " " + number(y0, 1) + " L" + number(x1, 1) + " " +
           number(y1, 1) + "\" stroke=\"#cccccc\"/>\n";
  };
  for (double v = x.low; v <= x.high + x.step / 2; v += x.step) {
    out += line(x.at(v), y.from, x.at(v), y.to);
    out += text_at(x.at(v), y.from + 16, "middle", number(v, x.digits()));
  }
  for (double v = y.low; v <= y.high + y.step / 2; v += y.step) {
    out += line(x.from, y.at(v), x.to, y.at(v));
    out += text_at(x.from - 6, y.at(v) + 4, "end", number(v, y.digits()));
  }
  for (size_t i = 0; i < series.size(); ++i) {
    const Series& each = series[i];
    const std::string colour(kColours[i % kColours.size()]);
    if (each.style != Style::kDots) {
      out += "<path d=\"" + path_of(each, x, y) + "\" fill=\"none\" stroke-width=\"2\" stroke=\"" +
             colour + "\"/>\n";
    }
    for (const auto& [px, py] : each.points) {
      if (each.style == Style::kLine) break;
      out += "<circle cx=\"" + number(x.at(px), 1) + "\" cy=\"" + number(y.at(py), 1) +
             "\" r=\"4\" fill=\"" + colour + "\"/>\n";
    }
    const double row = kHeight - kBottom - 14 - 16 * static_cast<double>(series.size() - 1 - i);
    out += "<rect x=\"440\" y=\"" + number(row - 9, 1) + "\" width=\"10\" height=\"10\" fill=\"" +
           colour + "\"/>\n" + text_at(456, row, "start", each.name);
  }
  return out + "</svg>\n";
}

}  // namespace fovea
