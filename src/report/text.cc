#include "report/text.h"

#include <cmath>
#include <cstdio>

#include "base/file.h"
#include "base/words.h"
#include "graph/svg_text.h"

namespace fovea::report {
namespace {

std::string printed(const char* format, int digits, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, digits, value);
  return text;
}

}  // namespace

std::string escaped(std::string_view text) {
  return drawing::escaped(is_utf8(text) ? std::string(text) : shown_path(text));
}

std::string escaped_lines(std::string_view text) {
  std::string out;
  for (const std::string_view line : split(text, '\n')) out += escaped(line) + "\n";
  return out;
}

std::string fixed(double value, int digits) { return printed("%.*f", digits, value); }

std::string with_sign(double value, int digits) {
  return (value < 0 ? "−" : "+") + fixed(std::abs(value), digits);
}

std::string shortest(double value) { return printed("%.*g", 6, value); }

std::string counted(double value) {
  constexpr std::string_view kUnits[] = {"", " k", " M", " G", " T"};
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  if (unit == 0) return printed("%.*g", 3, value);
  return fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0) + std::string(kUnits[unit]);
}

std::string grouped(int64_t count) {
  std::string out = std::to_string(count);
  for (size_t i = out.size(); i > 3;) {
    i -= 3;
    if (out[i - 1] != '-') out.insert(i, ",");
  }
  return out;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

double text_width(std::string_view text) {
  double width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U) continue;
    const bool narrow = std::string_view(" .,:;'|!iljft()").find(c) != std::string_view::npos;
    const bool wide = std::string_view("mwMW%@").find(c) != std::string_view::npos;
    width += narrow ? 0.37 : wide ? 0.95 : 0.61;
  }
  return width;
}

}  // namespace fovea::report
