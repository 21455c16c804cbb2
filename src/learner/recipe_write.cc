// Recipes as text.
#include <algorithm>
#include <array>
#include <charconv>

#include "learner/recipe.h"
#include "learner/recipe_fields.h"

namespace fovea {
namespace {

std::string toml_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (byte < 0x20 || byte == 0x7F) {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      out += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string toml_text(double number) {
  std::array<char, 40> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), number);
  std::string out(digits.begin(), end.ptr);
  // An exponent alone is a float in TOML too; a bare integer is not.
  if (out.find_first_of(".en") == std::string::npos) out += ".0";
  return out;
}

/// A key as TOML writes it: bare where it can be.
std::string key_text(const std::string& key) {
  const bool bare = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return bare ? key : toml_text(key);
}

class Writer {
 public:
  void field(const std::string& key, const std::string& value) { line(key, toml_text(value)); }
  void field(const std::string& key, bool value) { line(key, value ? "true" : "false"); }
  void field(const std::string& key, double value, RecipeBounds = {}) {
    line(key, toml_text(value));
  }
  void field(const std::string& key, int64_t value, RecipeBounds = {}) {
    line(key, std::to_string(value));
  }
  void field(const std::string& key, uint64_t value) { line(key, std::to_string(value)); }
  template <typename T>
  void field(const std::string& key, const std::vector<T>& values) {
    std::string out;
    for (const T& value : values) out += (out.empty() ? "" : ", ") + toml_text(value);
    line(key, "[" + out + "]");
  }
  void list(const std::string& key, const std::vector<double>& values, const RecipeList&) {
    field(key, values);
  }
  void choice(const std::string& key, const std::string& value, const std::vector<std::string>&) {
    field(key, value);
  }
  void map(const std::string& key, const std::map<std::string, std::string, std::less<>>& values) {
    if (values.empty()) return;
    later_ += "\n[" + prefix_ + key + "]\n";
    for (const auto& [name, value] : values) {
      later_ += key_text(name) + " = " + toml_text(value) + "\n";
    }
  }
  template <typename T>
  void table(const std::string& key, T& value) {
    nested("[" + prefix_ + key + "]", prefix_ + key + ".", value);
  }
  template <typename T>
  void tables(const std::string& key, std::vector<T>& values) {
    for (T& value : values) nested("[[" + prefix_ + key + "]]", prefix_ + key + ".", value);
  }
  [[nodiscard]] std::string text() const { return now_ + later_; }

 private:
  void line(const std::string& key, const std::string& value) {
    now_ += key + " = " + value + "\n";
  }
  template <typename T>
  void nested(const std::string& head, std::string prefix, T& value) {
    Writer writer;
    writer.prefix_ = std::move(prefix);
    visit_fields(writer, value);
    later_ += "\n" + head + "\n" + writer.text();
  }
  std::string prefix_;
  std::string now_;
  std::string later_;
};

}  // namespace

int64_t Recipe::epochs() const {
  int64_t sum = 0;
  for (const Stage& stage : stages) sum += stage.epochs;
  return sum;
}

std::string recipe_text(const Recipe& recipe) {
  Recipe copy = recipe;
  Writer writer;
  visit_fields(writer, copy);
  const std::string text = writer.text();
  return text.starts_with('\n') ? text.substr(1) : text;
}

}  // namespace fovea
