#include "learner/recipe.h"

#include <algorithm>
#include <sstream>
#include <toml.hpp>

#include "base/file.h"
#include "base/words.h"
#include "learner/recipe_fields.h"

namespace fovea {
namespace {

constexpr size_t kMaxBytes = 1 << 20;
constexpr int kMaxDepth = 64;
constexpr int64_t kMaxStages = 64;

[[noreturn]] void refuse(const std::string& key, std::string what, std::string expected = {},
                         std::string found = {}, std::string hint = {}) {
  throw Error({.kind = ErrorKind::kBadInput,
               .what = std::move(what),
               .where = key,
               .expected = std::move(expected),
               .found = std::move(found),
               .hint = std::move(hint)});
}

std::string shown(const toml::value& value) {
  switch (value.type()) {
    case toml::value_t::string:
      return "the text '" + value.as_string().str + "'";
    case toml::value_t::integer:
      return std::to_string(value.as_integer());
    case toml::value_t::table:
      return "a table";
    case toml::value_t::array:
      return "a list";
    default: {
      std::ostringstream out;
      out << value;
      return out.str();
    }
  }
}

std::string shown(const std::vector<double>& numbers) {
  std::ostringstream out;
  for (size_t i = 0; i < numbers.size(); ++i) out << (i == 0 ? "[" : ", ") << numbers[i];
  return out.str() + "]";
}

bool within(double number, const RecipeBounds& bounds) {
  const bool below = bounds.at_high == RecipeBounds::High::kExcluded ? number < bounds.high
                                                                     : number <= bounds.high;
  return number >= bounds.low && below;
}

class Reader {
 public:
  Reader(const toml::table& table, std::string prefix)
      : table_(table), prefix_(std::move(prefix)) {}

  void field(const std::string& key, std::string& out) {
    if (const toml::value* value = find(key)) out = text(*value, key);
  }
  void field(const std::string& key, bool& out) {
    const toml::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) refuse(prefix_ + key, "wrong type", "true or false", shown(*value));
    out = value->as_boolean();
  }
  void field(const std::string& key, double& out, RecipeBounds bounds = {-1e30, 1e30}) {
    if (const toml::value* value = find(key)) out = number(*value, key, bounds);
  }
  void field(const std::string& key, int64_t& out, RecipeBounds bounds = {0, 1e15}) {
    const toml::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_integer()) refuse(prefix_ + key, "wrong type", "an integer", shown(*value));
    number(*value, key, bounds);
    out = value->as_integer();
  }
  void field(const std::string& key, uint64_t& out) {
    auto signed_out = static_cast<int64_t>(out);
    field(key, signed_out, {0, 9.2e18});
    out = static_cast<uint64_t>(signed_out);
  }
  void list(const std::string& key, std::vector<double>& out, const RecipeList& asked) {
    each(key, out, [&](const toml::value& item) { return number(item, key, asked.each); });
    if (out.empty()) return;
    const auto does_not_rise = [](double before, double after) { return before >= after; };
    const bool rises = std::adjacent_find(out.begin(), out.end(), does_not_rise) == out.end();
    const bool weighs = std::any_of(out.begin(), out.end(), [](double each) { return each != 0; });
    if (asked.kind == RecipeList::Kind::kRising && !rises) {
      refuse(prefix_ + key, "wrong order", "each number above the one before it", shown(out));
    }
    if (asked.kind == RecipeList::Kind::kWeights && !weighs) {
      refuse(prefix_ + key, "nothing counts", "at least one number above 0", shown(out));
    }
  }
  void field(const std::string& key, std::vector<std::string>& out) {
    each(key, out, [&](const toml::value& item) { return text(item, key); });
  }
  void choice(const std::string& key, std::string& out, const std::vector<std::string>& choices) {
    field(key, out);
    if (std::find(choices.begin(), choices.end(), out) == choices.end()) {
      const auto near = nearest(out, choices);
      refuse(prefix_ + key, "no such choice",
             "one of " + joined(std::span<const std::string>(choices), ", "), out,
             near ? "perhaps '" + *near + "'" : "");
    }
  }
  /// Values of any simple type, kept as text.
  void map(const std::string& key, std::map<std::string, std::string, std::less<>>& out) {
    const toml::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_table()) refuse(prefix_ + key, "wrong type", "a table", shown(*value));
    for (const auto& [name, item] : value->as_table()) {
      if (item.is_table() || item.is_array()) {
        refuse(prefix_ + joined(std::vector<std::string>{key, name}, "."), "wrong type",
               "a number or a text", shown(item));
      }
      out[name] = item.is_string() ? item.as_string().str : shown(item);
    }
  }
  template <typename T>
  void table(const std::string& key, T& out) {
    const toml::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_table()) refuse(prefix_ + key, "wrong type", "a table", shown(*value));
    read(value->as_table(), prefix_ + key + ".", out);
  }
  template <typename T>
  void tables(const std::string& key, std::vector<T>& out) {
    const toml::value* value = find(key);
    if (value == nullptr) return;
    if (value->is_table()) {
      read(value->as_table(), prefix_ + key + ".", out.emplace_back());
      return;
    }
    if (!value->is_array()) refuse(prefix_ + key, "wrong type", "[[" + key + "]]", shown(*value));
    if (value->as_array().size() > kMaxStages) {
      refuse(prefix_ + key, "too many", "at most " + std::to_string(kMaxStages));
    }
    for (const toml::value& item : value->as_array()) {
      const std::string place = prefix_ + key + "." + std::to_string(out.size());
      if (!item.is_table()) refuse(place, "wrong type", "a table", shown(item));
      read(item.as_table(), place + ".", out.emplace_back());
    }
  }

  template <typename T>
  static void read(const toml::table& table, const std::string& prefix, T& out) {
    Reader reader(table, prefix);
    visit_fields(reader, out);
    for (const auto& [key, value] : table) {
      if (std::find(reader.keys_.begin(), reader.keys_.end(), key) != reader.keys_.end()) continue;
      const auto near = nearest(key, reader.keys_);
      refuse(prefix + key, "unknown key",
             "one of " + joined(std::span<const std::string>(reader.keys_), ", "), {},
             near ? "perhaps '" + *near + "'" : "");
    }
  }

 private:
  const toml::value* find(const std::string& key) {
    keys_.push_back(key);
    const auto found = table_.find(key);
    return found == table_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::string text(const toml::value& value, const std::string& key) const {
    if (!value.is_string()) refuse(prefix_ + key, "wrong type", "a text", shown(value));
    return value.as_string().str;
  }
  double number(const toml::value& value, const std::string& key, RecipeBounds bounds) const {
    if (!value.is_integer() && !value.is_floating()) {
      refuse(prefix_ + key, "wrong type", "a number", shown(value));
    }
    const double number =
        value.is_integer() ? static_cast<double>(value.as_integer()) : value.as_floating();
    if (!within(number, bounds)) {
      std::ostringstream range;
      range << bounds.low << " to "
            << (bounds.at_high == RecipeBounds::High::kExcluded ? "below " : "") << bounds.high;
      refuse(prefix_ + key, "out of range", range.str(), shown(value));
    }
    return number;
  }
  template <typename T, typename Convert>
  void each(const std::string& key, std::vector<T>& out, Convert convert) {
    const toml::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) refuse(prefix_ + key, "wrong type", "a list", shown(*value));
    out.clear();
    for (const toml::value& item : value->as_array()) out.push_back(convert(item));
  }

  const toml::table& table_;
  std::string prefix_;
  std::vector<std::string> keys_;
};

toml::value parse_toml(const std::string& text, const std::string& source) {
  std::istringstream in(text);
  return toml::parse(in, source);
}

/// The value as TOML says it, or the text itself where it is no TOML.
toml::value setting_value(const std::string& text) {
  try {
    return toml::find(parse_toml("value = " + text + "\n", "setting"), "value");
  } catch (const std::exception&) {
    return toml::value(text);
  }
}

/// Puts settings into a recipe's tables and remembers where, so that what is wrong there is known
/// to be theirs and not the text's.
class SettingWriter {
 public:
  void put(toml::value& root, const std::string& key, const std::string& text) {
    key_ = key;
    value_ = setting_value(text);
    put_at(root, split(key, '.'), "");
  }

  /// Whether a setting made the value at this place, or what it lies in.
  [[nodiscard]] bool made(std::string_view place) const {
    return std::any_of(made_.begin(), made_.end(), [&](const std::string& each) {
      return place == each || place.starts_with(each + ".");
    });
  }

 private:
  /// `place` is where `at` stands, as the reader's errors name it.
  void put_at(toml::value& at, std::span<const std::string_view> path, const std::string& place) {
    if (path.empty()) {
      at = value_;
      made_.push_back(place);
      return;
    }
    if (at.is_array()) return put_in_elements(at.as_array(), path, place);
    // The reader never gets to see what cannot be put anywhere: the setting alone is to blame.
    if (!at.is_table()) refuse_key("no such key");
    const std::string next_place = (place.empty() ? "" : place + ".") + std::string(path[0]);
    toml::value& next = at.as_table()[std::string(path[0])];
    if (path.size() > 1 && next.is_uninitialized()) {
      next = toml::table{};
      made_.push_back(next_place);
    }
    put_at(next, path.subspan(1), next_place);
  }

  /// One element where the path says which, else all.
  void put_in_elements(toml::array& elements, std::span<const std::string_view> path,
                       const std::string& place) {
    const std::optional<int64_t> index = parse_int(path[0]);
    if (index && (*index < 0 || *index >= static_cast<int64_t>(elements.size()))) {
      refuse_key("no such element", "0 to " + std::to_string(elements.size() - 1));
    }
    for (size_t i = 0; i < elements.size(); ++i) {
      if (index && static_cast<int64_t>(i) != *index) continue;
      put_at(elements[i], index ? path.subspan(1) : path, place + "." + std::to_string(i));
    }
  }

  [[noreturn]] void refuse_key(std::string what, std::string expected = {}) {
    made_.push_back(key_);
    refuse(key_, std::move(what), std::move(expected));
  }

  std::string key_;
  toml::value value_;
  std::vector<std::string> made_;
};

/// Brackets nest as deeply as a recipe's can; deeper ones would exhaust the parser's stack.
bool nests_too_deeply(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') depth = std::max(0, depth - 1);
    if (depth > kMaxDepth) return true;
  }
  return false;
}

/// toml11's message without its drawing of the text.
std::string first_line(const std::string& message) {
  std::string line = message.substr(0, message.find('\n'));
  const size_t head = line.find("[error] ");
  if (head != std::string::npos) line = line.substr(head + 8);
  return line;
}

void check(Recipe& recipe) {
  if (recipe.network.name.empty() == recipe.network.graph.empty()) {
    refuse("network", "needs either 'name' or 'graph'");
  }
  if (recipe.data.name.empty() && recipe.network.name.empty())
    refuse("data.name", "missing", "a data set, folder, archive, pack");
  if (recipe.stages.empty()) recipe.stages.emplace_back();
}

}  // namespace

Result<Recipe> parse_recipe(std::string_view text, std::string_view source,
                            const RecipeSettings& settings) {
  const std::string where = shown_path(source);
  ErrorInfo error{
      .kind = ErrorKind::kBadInput, .what = "the recipe cannot be read", .where = where};
  if (text.size() > kMaxBytes || nests_too_deeply(text) || !is_utf8(text)) {
    error.expected = "TOML in UTF-8 of at most 1 MiB";
    return error;
  }
  toml::value root;
  try {
    root = parse_toml(std::string(text), where);
  } catch (const toml::syntax_error& syntax) {
    error.what = first_line(syntax.what());
    error.where += ":" + std::to_string(syntax.location().line());
    return error;
  } catch (const std::exception&) {
    error.expected = "TOML";
    return error;
  }
  SettingWriter writer;
  try {
    for (const auto& [key, value] : settings) writer.put(root, key, value);
    Recipe recipe;
    Reader::read(root.as_table(), "", recipe);
    check(recipe);
    return recipe;
  } catch (const Error& problem) {
    error = problem.info();
  } catch (const std::exception&) {
    error.expected = "TOML";
    return error;
  }
  if (writer.made(error.where)) {
    error.kind = ErrorKind::kUsage;
  } else {
    error.where = where + ": " + error.where;
  }
  return error;
}

}  // namespace fovea
