#include "graph/attributes.h"

#include <array>
#include <cmath>

#include "base/words.h"

namespace fovea {
namespace {

template <typename T>
bool parse_whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

/// Splits at a separator; false where a part is no integer or there are more than `max` parts.
bool parse_list(std::string_view text, char separator, size_t max, std::vector<int64_t>& out) {
  out.clear();
  while (true) {
    const size_t at = text.find(separator);
    int64_t value = 0;
    if (out.size() == max || !parse_whole(text.substr(0, at), value)) return false;
    out.push_back(value);
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 1);
  }
}

constexpr size_t kMaxListLength = 4096;

}  // namespace

std::string attribute_text(int64_t value) { return std::to_string(value); }

std::string attribute_text(double value) {
  std::array<char, 64> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

std::string attribute_text(const Extent2& value) {
  return std::to_string(value.h) + "x" + std::to_string(value.w);
}

std::string attribute_text(const Padding& value) {
  if (value == Padding::all(value.top)) return std::to_string(value.top);
  return attribute_text(std::vector<int64_t>{value.top, value.left, value.bottom, value.right});
}

std::string attribute_text(const std::string& value) { return value; }

std::string attribute_text(const std::vector<int64_t>& value) {
  std::string out;
  for (size_t i = 0; i < value.size(); ++i) out += (i == 0 ? "" : ",") + std::to_string(value[i]);
  return out;
}

bool parse_attribute(std::string_view text, int64_t& value, std::string& expected) {
  expected = "an integer";
  return parse_whole(text, value);
}

bool parse_attribute(std::string_view text, double& value, std::string& expected) {
  expected = "a finite number";
  return parse_whole(text, value) && std::isfinite(value);
}

bool parse_attribute(std::string_view text, Extent2& value, std::string& expected) {
  expected = "HEIGHTxWIDTH or one number";
  std::vector<int64_t> parts;
  if (!parse_list(text, 'x', 2, parts)) return false;
  value = {parts.front(), parts.back()};
  return true;
}

bool parse_attribute(std::string_view text, Padding& value, std::string& expected) {
  expected = "TOP,LEFT,BOTTOM,RIGHT or one number";
  std::vector<int64_t> parts;
  if (!parse_list(text, ',', 4, parts) || (parts.size() != 1 && parts.size() != 4)) return false;
  value =
      parts.size() == 1 ? Padding::all(parts[0]) : Padding{parts[0], parts[1], parts[2], parts[3]};
  return true;
}

bool parse_attribute(std::string_view text, std::string& value, std::string& expected) {
  expected = "text";
  value = std::string(text);
  return true;
}

bool parse_attribute(std::string_view text, std::vector<int64_t>& value, std::string& expected) {
  expected = "integers joined by commas";
  return parse_list(text, ',', kMaxListLength, value);
}

namespace internal {

ErrorInfo unknown_attribute(std::string_view field, std::span<const std::string_view> known) {
  return {.kind = ErrorKind::kBadInput,
          .what = "unknown attribute '" + std::string(field) + "'",
          .expected = known.empty() ? "no attributes" : "one of " + joined(known, ", ")};
}

ErrorInfo bad_attribute(std::string_view field, std::string expected, std::string_view text) {
  return {.kind = ErrorKind::kBadInput,
          .what = "attribute '" + std::string(field) + "' does not parse",
          .expected = std::move(expected),
          .found = "'" + std::string(text) + "'"};
}

}  // namespace internal
}  // namespace fovea
