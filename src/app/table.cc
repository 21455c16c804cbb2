#include "app/table.h"

#include <fmt/format.h>

#include <algorithm>

namespace fovea::app {

void Table::add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::string Table::text() const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns_.size(); ++c) {
    size_t width = width_of(columns_[c].heading);
    for (const auto& row : rows_) width = std::max(width, width_of(row[c]));
    widths.push_back(width);
  }
  std::string out;
  const auto line = [&](const auto& cell_of) {
    std::string text;
    for (size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) text += "  ";
      text += padded(cell_of(c), widths[c], columns_[c].align);
    }
    text.resize(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  };
  line([this](size_t c) { return columns_[c].heading; });
  for (const auto& row : rows_) line([&row](size_t c) { return std::string_view(row[c]); });
  return out;
}

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

std::string padded(std::string_view text, size_t width, Table::Align align) {
  const size_t used = width_of(text);
  const std::string space(used < width ? width - used : 0, ' ');
  return align == Table::Align::kLeft ? std::string(text) + space : space + std::string(text);
}

std::string fixed(double value, int digits) { return fmt::format("{:.{}f}", value, digits); }

std::string millions(double count) { return fixed(count * 1e-6, count < 1e6 ? 3 : 2); }

std::string grouped(int64_t count) {
  std::string out = std::to_string(count);
  for (size_t i = out.size(); i > 3;) {
    i -= 3;
    if (out[i - 1] != '-') out.insert(i, ",");
  }
  return out;
}

}  // namespace fovea::app
