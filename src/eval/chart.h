// A small drawing of curves over two axes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fovea {

/// Series of points (x, y), all finite, over linear axes with round ticks.
struct Chart {
  enum class Style : uint8_t { kLine, kSteps, kDots };
  struct Series {
    std::string name;
    Style style = Style::kLine;
    std::vector<std::pair<double, double>> points;
  };
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;

  /// The drawing as SVG, colours of which also the colour-blind tell apart.
  [[nodiscard]] std::string svg() const;
};

}  // namespace fovea
