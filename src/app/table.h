// Aligned columns for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::app {

/// Rows of cells under headings. Numbers stand to the right, words to the left.
class Table {
 public:
  enum class Align : uint8_t { kLeft, kRight };
  struct Column {
    std::string_view heading;
    Align align = Align::kRight;
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<std::string> cells);
  /// All lines, each with its end.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Columns that a text takes on a terminal: one per UTF-8 character.
[[nodiscard]] size_t width_of(std::string_view text);
/// The text behind or before spaces, `width` columns wide where it is not wider.
[[nodiscard]] std::string padded(std::string_view text, size_t width, Table::Align align);

/// "12.34" with that many digits.
[[nodiscard]] std::string fixed(double value, int digits);
/// Multiply-adds in millions: "94.25".
[[nodiscard]] std::string millions(double count);
/// "3,261,830".
[[nodiscard]] std::string grouped(int64_t count);

}  // namespace fovea::app
