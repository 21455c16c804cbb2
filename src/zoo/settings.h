// Settings of networks as text: a configuration struct lists its settings once; reading, checking,
// error messages and documentation derive from that list.
//
//   struct Toy { int64_t width = 8; static constexpr auto settings() {
//     return std::tuple{Setting{"width", &Toy::width, "channels", {1, 64}}}; } };
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "graph/attributes.h"

namespace fovea {

/// Settings by name, as they stand on a command line or in the metadata of a checkpoint.
using Settings = std::map<std::string, std::string, std::less<>>;

/// Bounds of a number, both included; for a list, of each of its elements.
struct Range {
  double min = 1;
  double max = 1 << 20;
};

template <typename Config, typename T>
struct Setting {
  std::string_view name;
  T Config::*member;
  std::string_view doc;
  Range range{};
};
template <typename Config, typename T>
Setting(std::string_view, T Config::*, std::string_view) -> Setting<Config, T>;
template <typename Config, typename T>
Setting(std::string_view, T Config::*, std::string_view, Range) -> Setting<Config, T>;

struct SettingDoc {
  std::string name;
  std::string doc;
  std::string default_text;
};

/// Throws Error (kUsage) about a configuration: `where` is the network.
[[noreturn]] void refuse_config(std::string_view where, std::string what, std::string expected = {},
                                std::string found = {});

namespace internal {

/// Each parses the whole text within the range or returns false and says what was expected.
bool parse_setting(std::string_view text, const Range& range, int64_t& value,
                   std::string& expected);
bool parse_setting(std::string_view text, const Range& range, double& value, std::string& expected);
/// "4-2-1".
bool parse_setting(std::string_view text, const Range& range, std::vector<int64_t>& value,
                   std::string& expected);
bool parse_setting(std::string_view text, const Range& range, std::string& value,
                   std::string& expected);
bool parse_setting(std::string_view text, const Range& range, std::optional<int64_t>& value,
                   std::string& expected);
template <typename E>
requires std::is_enum_v<E>
bool parse_setting(std::string_view text, const Range& /*range*/, E& value, std::string& expected) {
  return parse_attribute(text, value, expected);
}

std::string setting_text(int64_t value);
std::string setting_text(double value);
std::string setting_text(const std::vector<int64_t>& value);
std::string setting_text(const std::string& value);
std::string setting_text(const std::optional<int64_t>& value);
template <typename E>
requires std::is_enum_v<E> std::string setting_text(E value) { return attribute_text(value); }

/// True for names that published metadata carries and no network needs: batch, seed, params, …
bool is_ignored_setting(std::string_view name);
[[noreturn]] void refuse_unknown_setting(std::string_view where, const std::string& name,
                                         const std::vector<std::string>& known);
[[noreturn]] void refuse_bad_setting(std::string_view where, const std::string& name,
                                     const std::string& expected, const std::string& text);

}  // namespace internal

/// The configuration that `settings` describe; others keep their defaults. Throws Error (kUsage)
/// that names the nearest setting, or what a value should have been.
template <typename Config>
Config read_settings(std::string_view where, const Settings& settings) {
  Config config;
  for (const auto& [name, text] : settings) {
    bool known = false;
    bool parsed = false;
    std::string expected;
    std::vector<std::string> names;
    const auto visit = [&, &name = name, &text = text](const auto& setting) {
      names.emplace_back(setting.name);
      if (setting.name != name) return;
      known = true;
      parsed = internal::parse_setting(text, setting.range, config.*setting.member, expected);
    };
    std::apply([&](const auto&... setting) { (visit(setting), ...); }, Config::settings());
    if (known && !parsed) internal::refuse_bad_setting(where, name, expected, text);
    if (!known && !internal::is_ignored_setting(name)) {
      internal::refuse_unknown_setting(where, name, names);
    }
  }
  return config;
}

/// All settings of a configuration with their defaults.
template <typename Config>
std::vector<SettingDoc> setting_docs() {
  const Config standard;
  std::vector<SettingDoc> out;
  const auto visit = [&](const auto& setting) {
    out.push_back({std::string(setting.name), std::string(setting.doc),
                   internal::setting_text(standard.*setting.member)});
  };
  std::apply([&](const auto&... setting) { (visit(setting), ...); }, Config::settings());
  return out;
}

}  // namespace fovea
