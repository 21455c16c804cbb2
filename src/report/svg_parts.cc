#include "report/svg_parts.h"

#include <cmath>

#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kLegendRow = 17;

std::string title_of(std::string_view hint) {
  return hint.empty() ? "/>" : "><title>" + escaped(hint) + "</title>";
}

std::string polygon(const std::vector<std::pair<double, double>>& corners, std::string_view style,
                    std::string_view hint) {
  std::string out = "<polygon class=\"" + std::string(style) + "\" points=\"";
  for (const auto& [x, y] : corners) out += at(x) + "," + at(y) + " ";
  out.back() = '"';
  return out + title_of(hint) + (hint.empty() ? "" : "</polygon>");
}

}  // namespace

std::string at(double value) {
  std::string out = fixed(value, 2);
  while (out.back() == '0') out.pop_back();
  if (out.back() == '.') out.pop_back();
  return out == "-0" ? "0" : out;
}

std::string svg_open(double width, double height, std::string_view title) {
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 " + at(width) + " " +
         at(height) + "\" font-size=\"" + at(kFont) + "\"><title>" + escaped(title) + "</title>\n";
}

std::string svg_text(double x, double y, std::string_view anchor, std::string_view text,
                     std::string_view style) {
  return "<text class=\"" + std::string(style) + "\" x=\"" + at(x) + "\" y=\"" + at(y) +
         "\" text-anchor=\"" + std::string(anchor) + "\">" + escaped(text) + "</text>\n";
}

std::string svg_line(double x1, double y1, double x2, double y2, std::string_view style) {
  return "<line class=\"" + std::string(style) + "\" x1=\"" + at(x1) + "\" y1=\"" + at(y1) +
         "\" x2=\"" + at(x2) + "\" y2=\"" + at(y2) + "\"/>\n";
}

std::string svg_box(double x, double y, double width, double height, std::string_view style,
                    std::string_view hint) {
  return "<rect class=\"" + std::string(style) + "\" x=\"" + at(x) + "\" y=\"" + at(y) +
         "\" width=\"" + at(width) + "\" height=\"" + at(height) + "\"" + title_of(hint) +
         (hint.empty() ? "\n" : "</rect>\n");
}

std::string svg_mark(Mark mark, double x, double y, std::string_view colour,
                     std::string_view hint) {
  const std::string fill = "f " + std::string(colour);
  switch (mark) {
    case Mark::kNone:
      return {};
    case Mark::kCircle:
      return "<circle class=\"" + fill + "\" cx=\"" + at(x) + "\" cy=\"" + at(y) + "\" r=\"3.2\"" +
             title_of(hint) + (hint.empty() ? "\n" : "</circle>\n");
    case Mark::kSquare:
      return svg_box(x - 3.4, y - 3.4, 6.8, 6.8, fill, hint);
    case Mark::kDiamond:
      return polygon({{x, y - 4.8}, {x + 4.8, y}, {x, y + 4.8}, {x - 4.8, y}}, fill, hint) + "\n";
    case Mark::kTriangle:
      return polygon({{x, y - 4.6}, {x + 4.4, y + 3.4}, {x - 4.4, y + 3.4}}, fill, hint) + "\n";
    case Mark::kCross:
      return "<path class=\"l " + std::string(colour) + "\" d=\"M" + at(x - 3.6) + " " +
             at(y - 3.6) + "L" + at(x + 3.6) + " " + at(y + 3.6) + "M" + at(x - 3.6) + " " +
             at(y + 3.6) + "L" + at(x + 3.6) + " " + at(y - 3.6) + "\"" + title_of(hint) +
             (hint.empty() ? "\n" : "</path>\n");
  }
  return {};
}

std::pair<std::string, double> legend(const std::vector<LegendEntry>& entries, double x, double y,
                                      double width) {
  std::string out;
  double column = x;
  double row = y;
  bool any = false;
  for (const LegendEntry& entry : entries) {
    if (entry.name.empty()) continue;
    const double wide = 24 + text_width(entry.name) * kFont + 14;
    if (any && column + wide > x + width) {
      column = x;
      row += kLegendRow;
    }
    any = true;
    const double middle = row + kLegendRow / 2;
    if (entry.box) out += svg_box(column + 4, middle - 5, 12, 10, "f " + entry.colour, "");
    if (entry.line != Line::kNone) {
      out += svg_line(column, middle, column + 20, middle,
                      (entry.line == Line::kDashed ? "l dash " : "l ") + entry.colour);
    }
    out += svg_mark(entry.mark, column + 10, middle, entry.colour, "");
    out += svg_text(column + 24, middle + 4, "start", entry.name);
    column += wide;
  }
  return {out, any ? row + kLegendRow - y : 0};
}

}  // namespace fovea::report
