#include "graph/text_names.h"

#include <algorithm>

namespace fovea {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
  return out + "\"";
}

std::string quoted_if_needed(std::string_view name) {
  const bool bare = !name.empty() && std::all_of(name.begin(), name.end(), is_name_char);
  return bare ? std::string(name) : quoted(name);
}

std::string quoted_value(std::string_view value) {
  const bool bare = !value.empty() && std::all_of(value.begin(), value.end(), is_value_char);
  return bare ? std::string(value) : quoted(value);
}

}  // namespace fovea
