// Characters of names and values in the text form; shared by its writer and its parser.
#pragma once

#include <string>
#include <string_view>

namespace fovea {

/// True for characters of a bare name: letters, digits and _ . : / -
constexpr bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == ':' || c == '/' || c == '-';
}
/// True for characters of a bare attribute value: those of names, comma and plus.
constexpr bool is_value_char(char c) { return is_name_char(c) || c == ',' || c == '+'; }

/// In double quotes, with \" \\ \n \t escaped.
std::string quoted(std::string_view text);
/// Bare where every character allows it.
std::string quoted_if_needed(std::string_view name);
std::string quoted_value(std::string_view value);

}  // namespace fovea
