// Lying bars of several parts, and matrices of shaded cells.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fovea::report {

struct StackedRow {
  std::string name;
  std::vector<double> parts;  ///< one per legend entry
  std::string total;          ///< at the bar's right end; may be empty
};

struct StackedChart {
  std::string title;
  std::vector<std::pair<std::string, std::string>> legend;  ///< name and colour of every part
  std::vector<StackedRow> rows;
  std::string unit;    ///< of the axis
  bool share = false;  ///< bars are 0 to 100
  double width = 400;
};
[[nodiscard]] std::string draw(const StackedChart& chart);

/// Rows are what is true, columns what was answered; cells are counts.
struct Matrix {
  std::string title;
  std::vector<std::string> names;
  std::vector<std::vector<int64_t>> cells;
  double width = 400;
};
/// The shade of a cell is its share of the row; counts and names stand there where they fit.
[[nodiscard]] std::string draw(const Matrix& matrix);

}  // namespace fovea::report
