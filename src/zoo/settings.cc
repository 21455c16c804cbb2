#include "zoo/settings.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/words.h"

namespace fovea {

void refuse_config(std::string_view where, std::string what, std::string expected,
                   std::string found) {
  throw Error({.kind = ErrorKind::kUsage,
               .what = std::move(what),
               .where = std::string(where),
               .expected = std::move(expected),
               .found = std::move(found)});
}

namespace internal {
namespace {

constexpr size_t kMaxListLength = 16;

std::string range_text(const Range& range) {
  return attribute_text(range.min) + " to " +
         (std::floor(range.max) == range.max ? std::to_string(static_cast<int64_t>(range.max))
                                             : attribute_text(range.max));
}

bool inside(double value, const Range& range) { return value >= range.min && value <= range.max; }

}  // namespace

bool parse_setting(std::string_view text, const Range& range, int64_t& value,
                   std::string& expected) {
  expected = "an integer, " + range_text(range);
  const auto number = parse_int(text);
  if (!number || !inside(static_cast<double>(*number), range)) return false;
  value = *number;
  return true;
}

bool parse_setting(std::string_view text, const Range& range, double& value,
                   std::string& expected) {
  expected = "a number, " + range_text(range);
  const auto number = parse_double(text);
  if (!number || !inside(*number, range)) return false;
  value = *number;
  return true;
}

bool parse_setting(std::string_view text, const Range& range, std::vector<int64_t>& value,
                   std::string& expected) {
  expected = "1 to " + std::to_string(kMaxListLength) +
             " integers joined by dashes, such as 4-2-1, each " + range_text(range);
  const std::vector<std::string_view> parts = split(text, '-');
  if (parts.size() > kMaxListLength) return false;
  std::vector<int64_t> numbers;
  for (const std::string_view part : parts) {
    const auto number = parse_int(part);
    if (!number || !inside(static_cast<double>(*number), range)) return false;
    numbers.push_back(*number);
  }
  value = std::move(numbers);
  return true;
}

bool parse_setting(std::string_view text, const Range& /*range*/, std::string& value,
                   std::string& expected) {
  expected = "text";
  value = std::string(text);
  return true;
}

bool parse_setting(std::string_view text, const Range& range, std::optional<int64_t>& value,
                   std::string& expected) {
  int64_t number = 0;
  if (!parse_setting(text, range, number, expected)) return false;
  value = number;
  return true;
}

std::string setting_text(int64_t value) { return std::to_string(value); }
std::string setting_text(double value) { return attribute_text(value); }
std::string setting_text(const std::vector<int64_t>& value) {
  std::string text = attribute_text(value);
  std::replace(text.begin(), text.end(), ',', '-');
  return text;
}
std::string setting_text(const std::string& value) { return value; }
std::string setting_text(const std::optional<int64_t>& value) {
  return value ? std::to_string(*value) : std::string();
}

bool is_ignored_setting(std::string_view name) {
  static constexpr std::array<std::string_view, 5> kIgnored{"batch", "seed", "params", "weights",
                                                            "model"};
  return std::find(kIgnored.begin(), kIgnored.end(), name) != kIgnored.end();
}

void refuse_unknown_setting(std::string_view where, const std::string& name,
                            const std::vector<std::string>& known) {
  const auto near = nearest(name, known);
  throw Error({.kind = ErrorKind::kUsage,
               .what = "unknown setting '" + name + "'",
               .where = std::string(where),
               .expected = near ? "perhaps '" + *near + "'"
                                : "one of " + joined(std::span<const std::string>(known), ", ")});
}

void refuse_bad_setting(std::string_view where, const std::string& name,
                        const std::string& expected, const std::string& text) {
  refuse_config(where, "setting '" + name + "' does not fit", expected, "'" + text + "'");
}

}  // namespace internal
}  // namespace fovea
