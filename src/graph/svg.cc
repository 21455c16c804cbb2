#include "graph/svg.h"

#include <algorithm>

#include "graph/svg_layout.h"
#include "graph/svg_text.h"

namespace fovea {
namespace {

using drawing::Body;
using drawing::Cell;
using drawing::clipped;
using drawing::Column;
using drawing::ColumnKind;
using drawing::Edge;
using drawing::escaped;
using drawing::exit_colour;
using drawing::fits;
using drawing::Input;
using drawing::Layout;
using drawing::number;
using drawing::row_colour;
using drawing::row_share;
using drawing::short_count;

constexpr double kMargin = 28;
constexpr double kLabelWidth = 92;
constexpr double kChartWidth = 1180;
constexpr double kTitleHeight = 66;
constexpr double kFlagWidth = 64;
constexpr double kFlagHeight = 32;
constexpr double kRowHeight = 66;
constexpr double kBodyHeight = 22;
constexpr double kHeadHeight = 34;
constexpr double kGap = 4;  ///< between columns, and between rows
constexpr double kInputWidth = 60;
constexpr size_t kMostLetters = 26;
constexpr size_t kMostBodies = 8;

struct Rect {
  double x = 0, y = 0, width = 0, height = 0;
};

class Drawer {
 public:
  Drawer(const Graph& graph, Layout layout) : graph_(graph), layout_(std::move(layout)) {
    place_columns();
    place_flags();
    place_rows();
  }

  std::string draw() {
    const double width = kMargin + kLabelWidth + kInputWidth + chart_width_ + kMargin;
    const double height = heads_y_ + kHeadHeight + label_height() + kMargin;
    out_ = R"(<svg xmlns="http://www.w3.org/2000/svg" width=")" + number(width) + "\" height=\"" +
           number(height) + "\" viewBox=\"0 0 " + number(width) + " " + number(height) +
           "\" font-family=\"Helvetica,Arial,sans-serif\">\n<title>" + escaped(graph_.name()) +
           "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n";
    title();
    rows();
    poles();
    for (const Edge& edge : layout_.edges) draw_edge(edge);
    for (size_t i = 0; i < layout_.inputs.size(); ++i) draw_input(i);
    for (size_t c = 0; c < layout_.columns.size(); ++c) draw_column(c);
    flags();
    return out_ + "</svg>\n";
  }

 private:
  // --- places -------------------------------------------------------------------------------

  static double least_width(const Column& column) {
    switch (column.kind) {
      case ColumnKind::kDynamic:
        return 150;
      case ColumnKind::kDecision:
        return 58;
      case ColumnKind::kHead:
      case ColumnKind::kTrunk:
        break;
    }
    return 12;
  }

  void place_columns() {
    double fixed = 0;
    double total = 0;
    for (const Column& column : layout_.columns) {
      fixed += least_width(column) + kGap;
      total += static_cast<double>(column.macs);
    }
    const double rest = std::max(200.0, kChartWidth - fixed);
    double x = kMargin + kLabelWidth + kInputWidth;
    for (const Column& column : layout_.columns) {
      const double share = total > 0 ? static_cast<double>(column.macs) / total : 0;
      const double width = least_width(column) + rest * share;
      columns_.push_back({.x = x, .width = width});
      x += width + kGap;
    }
    chart_width_ = x - kGap - kMargin - kLabelWidth - kInputWidth;
    exit_x_.resize(layout_.exit_macs.size());
    for (size_t c = 0; c < layout_.columns.size(); ++c) {
      if (layout_.columns[c].exit >= 0) {
        exit_x_[static_cast<size_t>(layout_.columns[c].exit)] = columns_[c].x + columns_[c].width;
      }
    }
  }

  /// Flags stand in as many lines as they need so that none covers another.
  void place_flags() {
    std::vector<double> line_ends;
    for (const double x : exit_x_) {
      size_t line = 0;
      while (line < line_ends.size() && line_ends[line] > x - kFlagWidth) ++line;
      if (line == line_ends.size()) line_ends.push_back(0);
      line_ends[line] = x + kGap;
      flag_line_.push_back(line);
    }
    rows_y_ = kMargin + kTitleHeight +
              static_cast<double>(line_ends.size()) * (kFlagHeight + kGap) + kGap;
  }

  void place_rows() {
    double y = rows_y_;
    for (size_t row = 0; row < layout_.rows.size(); ++row) {
      size_t bodies = 0;
      for (const Column& column : layout_.columns) {
        const bool here = !column.cells.empty() && column.kind == ColumnKind::kDynamic &&
                          column.cells.front().row == static_cast<int>(row);
        if (here) bodies = std::max(bodies, std::min(column.bodies.size(), kMostBodies + 1));
      }
      const double height =
          std::max(kRowHeight, bodies == 0 ? 0 : 44 + kBodyHeight * static_cast<double>(bodies));
      row_places_.push_back({.y = y, .height = height});
      y += height + kGap;
    }
    heads_y_ = y + 6;
  }

  [[nodiscard]] Rect cell_rect(int column, int row) const {
    const Rect& c = columns_[static_cast<size_t>(column)];
    if (layout_.columns[static_cast<size_t>(column)].kind == ColumnKind::kHead) {
      return {c.x, heads_y_, c.width, kHeadHeight};
    }
    const Rect& r = row_places_[static_cast<size_t>(row)];
    return {c.x, r.y + 6, c.width, r.height - 12};
  }

  /// Height of the slanted labels under the columns.
  [[nodiscard]] double label_height() const {
    size_t letters = 0;
    for (const Column& column : layout_.columns) {
      if (column.kind != ColumnKind::kHead) letters = std::max(letters, column.label.size());
    }
    return 16 + 4.9 * static_cast<double>(std::min(letters, kMostLetters + 1));
  }

  /// Does another cell of the row stand between two columns?
  [[nodiscard]] bool is_crossed(int row, int from, int to) const {
    for (int c = from + 1; c < to; ++c) {
      const Column& column = layout_.columns[static_cast<size_t>(c)];
      if (column.kind == ColumnKind::kHead) continue;
      const auto same_row = [row](const Cell& cell) { return cell.row == row; };
      if (std::any_of(column.cells.begin(), column.cells.end(), same_row)) return true;
    }
    return false;
  }

  // --- pieces -------------------------------------------------------------------------------

  void text(double x, double y, std::string_view content, std::string_view style) {
    out_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + std::string(style) + ">" +
            escaped(content) + "</text>\n";
  }

  void rect(const Rect& r, std::string_view style, std::string_view tip = {}) {
    out_ += "<rect x=\"" + number(r.x) + "\" y=\"" + number(r.y) + "\" width=\"" + number(r.width) +
            "\" height=\"" + number(r.height) + "\" " + std::string(style);
    out_ += tip.empty() ? "/>\n" : "><title>" + escaped(tip) + "</title></rect>\n";
  }

  void title() {
    text(kMargin, kMargin + 16, clipped(graph_.name(), 80),
         R"(font-size="20" font-weight="bold" fill="#1c2733")");
    const int64_t macs = layout_.exit_macs.empty() ? 0 : layout_.exit_macs.back();
    const std::string exits =
        graph_.n_exits() == 1 ? "1 exit" : std::to_string(graph_.n_exits()) + " exits";
    text(kMargin, kMargin + 36,
         exits + ", " + short_count(graph_.n_params()) + " parameters, " + short_count(macs) +
             " multiply-adds",
         R"(font-size="13" fill="#4a5866")");
    text(kMargin, kMargin + 54,
         "Left to right: order of execution; wider columns work more. Rows: resolution. "
         "Flags: multiply-adds up to an exit.",
         R"(font-size="11" fill="#7b8895")");
  }

  void rows() {
    for (size_t row = 0; row < layout_.rows.size(); ++row) {
      const Rect& place = row_places_[row];
      rect({kMargin, place.y, kLabelWidth + kInputWidth + chart_width_, place.height},
           row % 2 == 0 ? R"(fill="#f4f6f8")" : R"(fill="#eceff3")");
      text(kMargin + 10, place.y + place.height / 2 + 4, layout_.rows[row],
           R"(font-size="12" fill="#4a5866")");
    }
    text(kMargin + 10, heads_y_ + kHeadHeight / 2 + 4, "exit heads",
         R"(font-size="12" fill="#4a5866")");
  }

  void poles() {
    for (size_t e = 0; e < exit_x_.size(); ++e) {
      rect({exit_x_[e] - 0.75, flag_y(e), 1.5, heads_y_ + kHeadHeight - flag_y(e)},
           "fill-opacity=\"0.55\" fill=\"" + exit_colour(static_cast<int>(e), exit_x_.size()) +
               "\"");
    }
  }

  [[nodiscard]] double flag_y(size_t e) const {
    return kMargin + kTitleHeight + static_cast<double>(flag_line_[e]) * (kFlagHeight + kGap);
  }

  void flags() {
    for (size_t e = 0; e < exit_x_.size(); ++e) {
      const Rect flag{exit_x_[e] - kFlagWidth, flag_y(e), kFlagWidth, kFlagHeight};
      rect(flag, "rx=\"3\" fill=\"" + exit_colour(static_cast<int>(e), exit_x_.size()) + "\"",
           "exit " + std::to_string(e) + ": " + std::to_string(layout_.exit_macs[e]) +
               " multiply-adds");
      const double middle = flag.x + flag.width / 2;
      text(middle, flag.y + 13, "exit " + std::to_string(e),
           R"(font-size="11" font-weight="bold" fill="#fff" text-anchor="middle")");
      text(middle, flag.y + 26, short_count(layout_.exit_macs[e]),
           R"(font-size="11" fill="#fff" text-anchor="middle")");
    }
  }

  void draw_edge(const Edge& edge) {
    const Rect to = cell_rect(edge.to_column, edge.to_row);
    const Column& target = layout_.columns[static_cast<size_t>(edge.to_column)];
    const bool into_head = target.kind == ColumnKind::kHead;
    Rect from;
    if (edge.from_column < 0) {
      from = input_rect(static_cast<size_t>(edge.from_row));
    } else {
      from = cell_rect(edge.from_column, edge.from_row);
    }
    double x1 = from.x + from.width;
    const double y1 = from.y + from.height / 2;
    double x2 = to.x;
    double y2 = to.y + to.height / 2;
    std::string path;
    if (edge.from_column == edge.to_column) {
      // Within a column: straight down or up between two rows.
      x1 = x2 = from.x + from.width / 2;
      const bool down = to.y > from.y;
      path = "M" + number(x1) + " " + number(down ? from.y + from.height : from.y) + "L" +
             number(x2) + " " + number(down ? to.y : to.y + to.height);
    } else if (!into_head && edge.from_column >= 0 && edge.from_row == edge.to_row &&
               is_crossed(edge.to_row, edge.from_column, edge.to_column)) {
      // Over the cells between.
      const double over = to.y - 3;
      path = "M" + number(x1) + " " + number(y1) + "C" + number(x1 + 5) + " " + number(y1) + " " +
             number(x1 - 1) + " " + number(over) + " " + number(x1 + 8) + " " + number(over) + "L" +
             number(x2 - 8) + " " + number(over) + "C" + number(x2 + 1) + " " + number(over) + " " +
             number(x2 - 5) + " " + number(y2) + " " + number(x2) + " " + number(y2);
    } else {
      if (into_head) {
        x2 = to.x + std::min(to.width / 2, 12.0);
        y2 = to.y;
      }
      const double bend = std::clamp((x2 - x1) / 2, 10.0, 60.0);
      path = "M" + number(x1) + " " + number(y1) + "C" + number(x1 + bend) + " " + number(y1) +
             " " + number(into_head ? x2 : x2 - bend) + " " + number(into_head ? y2 - bend : y2) +
             " " + number(x2) + " " + number(y2);
    }
    std::string style = R"(stroke="#8fa0b0" stroke-width="1.2" stroke-opacity="0.75")";
    if (into_head) {
      style = "stroke=\"" + exit_colour(target.exit, exit_x_.size()) + "\" stroke-width=\"1.6\"";
    }
    if (edge.decision) style = R"(stroke="#7d3fa8" stroke-width="1.8" stroke-dasharray="5 3")";
    out_ += "<path d=\"" + path + "\" fill=\"none\" " + style + "/>\n";
  }

  [[nodiscard]] Rect input_rect(size_t i) const {
    // Inputs of one row stand below each other.
    size_t before = 0;
    size_t in_row = 0;
    for (size_t k = 0; k < layout_.inputs.size(); ++k) {
      if (layout_.inputs[k].row != layout_.inputs[i].row) continue;
      ++in_row;
      before += k < i ? 1 : 0;
    }
    const Rect& row = row_places_[static_cast<size_t>(layout_.inputs[i].row)];
    const double height = std::min(40.0, (row.height - 12) / static_cast<double>(in_row) - 2);
    const double all = (height + 2) * static_cast<double>(in_row);
    const double y = row.y + (row.height - all) / 2 + static_cast<double>(before) * (height + 2);
    return {kMargin + kLabelWidth - 14, y, kInputWidth, height};
  }

  void draw_input(size_t i) {
    const Input& input = layout_.inputs[i];
    const Rect place = input_rect(i);
    rect(place, R"(rx="14" fill="#fff" stroke="#4a5866" stroke-width="1.2")",
         input.name + " " + input.shape.text());
    const double middle = place.x + place.width / 2;
    const bool two_lines = place.height >= 28;
    text(middle, place.y + place.height / 2 + (two_lines ? -2 : 4), clipped(input.name, 9),
         R"(font-size="11" fill="#1c2733" text-anchor="middle")");
    if (!two_lines) return;
    text(middle, place.y + place.height / 2 + 11, input.shape.text(),
         R"(font-size="9" fill="#4a5866" text-anchor="middle")");
  }

  void draw_column(size_t c) {
    const Column& column = layout_.columns[c];
    switch (column.kind) {
      case ColumnKind::kHead:
        draw_head(c);
        return;
      case ColumnKind::kDecision:
        draw_decision(c);
        break;
      case ColumnKind::kDynamic:
        draw_dynamic(c);
        break;
      case ColumnKind::kTrunk:
        draw_cells(c);
        break;
    }
    const double x = columns_[c].x + columns_[c].width / 2 + 3;
    const double y = heads_y_ + kHeadHeight + 10;
    out_ += "<text transform=\"translate(" + number(x) + " " + number(y) +
            ") rotate(-58)\" text-anchor=\"end\" font-size=\"10\" fill=\"#4a5866\">" +
            escaped(clipped(column.label, kMostLetters)) + "</text>\n";
  }

  void draw_cells(size_t c) {
    const Column& column = layout_.columns[c];
    for (const Cell& cell : column.cells) {
      const Rect place = cell_rect(static_cast<int>(c), cell.row);
      rect(place,
           "rx=\"3\" fill=\"" + row_colour(static_cast<size_t>(cell.row), layout_.rows.size()) +
               "\"",
           column.label + ": " + std::to_string(column.n_nodes) + " nodes, " +
               std::to_string(cell.macs) + " multiply-adds here, last value " + cell.shape.text());
      const std::string count = short_count(cell.macs);
      if (cell.macs == 0 || !fits(count, place.width)) continue;
      const bool light = row_share(static_cast<size_t>(cell.row), layout_.rows.size()) > 0.6;
      text(place.x + place.width / 2, place.y + place.height / 2 + 4, count,
           std::string(R"(font-size="10" text-anchor="middle" fill=")") +
               (light ? "#1c2733\"" : "#fff\""));
    }
  }

  void draw_head(size_t c) {
    const Column& column = layout_.columns[c];
    const Rect place = cell_rect(static_cast<int>(c), 0);
    rect(place, "rx=\"3\" fill=\"" + exit_colour(column.exit, exit_x_.size()) + "\"",
         "head of exit " + std::to_string(column.exit) + ": " + std::to_string(column.macs) +
             " multiply-adds");
    const std::string count = short_count(column.macs);
    if (!fits(count, place.width)) return;
    text(place.x + place.width / 2, place.y + place.height / 2 + 4, count,
         R"(font-size="10" fill="#fff" text-anchor="middle")");
  }

  void draw_decision(size_t c) {
    const Column& column = layout_.columns[c];
    if (column.cells.empty()) return;
    const Rect place = cell_rect(static_cast<int>(c), column.cells.front().row);
    const double x = place.x + place.width / 2;
    const double y = place.y + place.height / 2;
    out_ += "<path d=\"M" + number(x - 26) + " " + number(y) + "L" + number(x) + " " +
            number(y - 18) + "L" + number(x + 26) + " " + number(y) + "L" + number(x) + " " +
            number(y + 18) + R"(Z" fill="#f3e6fb" stroke="#7d3fa8" stroke-width="1.6"><title>)" +
            escaped(column.label + ": " + column.op) + "</title></path>\n";
    text(x, y + 3.5, clipped(column.label, 7),
         R"(font-size="9" fill="#54207a" text-anchor="middle")");
  }

  void draw_dynamic(size_t c) {
    const Column& column = layout_.columns[c];
    if (column.cells.empty()) return;
    const Rect place = cell_rect(static_cast<int>(c), column.cells.front().row);
    rect(place, R"(rx="6" fill="#f3e6fb" stroke="#7d3fa8" stroke-width="1.6")",
         column.label + ": " + column.op);
    const auto letters = static_cast<size_t>(std::max(6.0, place.width / 6.5));
    text(place.x + 8, place.y + 15, clipped(column.op, letters),
         R"(font-size="11" font-weight="bold" fill="#54207a")");
    double y = place.y + 24;
    for (size_t b = 0; b < column.bodies.size(); ++b, y += kBodyHeight) {
      if (b == kMostBodies && column.bodies.size() > kMostBodies + 1) {
        text(place.x + 10, y + 13, std::to_string(column.bodies.size() - b) + " more bodies",
             R"(font-size="10" fill="#54207a")");
        break;
      }
      const Body& body = column.bodies[b];
      rect({place.x + 6, y, place.width - 12, kBodyHeight - 4}, R"(rx="3" fill="#7d3fa8")",
           "body " + body.name + ": " + std::to_string(body.macs) + " multiply-adds");
      text(place.x + 12, y + 13, clipped(body.name, letters - std::min<size_t>(letters, 9) + 2),
           R"(font-size="10" fill="#fff")");
      text(place.x + place.width - 12, y + 13, short_count(body.macs),
           R"(font-size="10" fill="#fff" text-anchor="end")");
    }
  }

  const Graph& graph_;
  Layout layout_;
  std::vector<Rect> columns_;     ///< x and width
  std::vector<Rect> row_places_;  ///< y and height
  std::vector<double> exit_x_;
  std::vector<size_t> flag_line_;
  double chart_width_ = 0;
  double rows_y_ = 0;
  double heads_y_ = 0;
  std::string out_;
};

}  // namespace

std::string to_svg(const Graph& graph) { return Drawer(graph, drawing::layout_of(graph)).draw(); }

}  // namespace fovea
