#include "graph/svg_text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace fovea::drawing {

std::string number(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, 1)
                       .ptr;
  std::string text(buffer.data(), end);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string short_count(int64_t count) {
  static constexpr std::array<std::string_view, 4> kUnits{"", " k", " M", " G"};
  auto value = static_cast<double>(count);
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  const double step = value < 9.995 ? 100 : value < 99.95 ? 10 : 1;
  value = std::round(value * step) / step;
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return std::string(buffer.data(), end) + std::string(kUnits[unit]);
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
    }
  }
  return out;
}

std::string clipped(std::string_view text, size_t letters) {
  size_t n = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (n++ == letters) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

std::string exit_colour(int exit, size_t n_exits) {
  const double share =
      n_exits < 2 ? 1 : static_cast<double>(exit) / static_cast<double>(n_exits - 1);
  return "hsl(" + number(150 - 145 * share) + ",65%,40%)";
}

double row_share(size_t row, size_t n_rows) {
  return n_rows < 2 ? 0 : static_cast<double>(row) / static_cast<double>(n_rows - 1);
}
std::string row_colour(size_t row, size_t n_rows) {
  const double share = row_share(row, n_rows);
  return "hsl(212," + number(48 - 22 * share) + "%," + number(48 + 26 * share) + "%)";
}

bool fits(std::string_view text, double width) {
  return static_cast<double>(text.size()) * 5.6 + 4 <= width;
}

}  // namespace fovea::drawing
