#include "app/arguments.h"

#include <algorithm>

#include "base/file.h"
#include "base/words.h"
#include "fovea/error.h"

namespace fovea::app {
namespace {

[[noreturn]] void usage(std::string what, std::string where, std::string expected = {},
                        std::string found = {}, std::string hint = {}) {
  throw Error({.kind = ErrorKind::kUsage,
               .what = std::move(what),
               .where = std::move(where),
               .expected = std::move(expected),
               .found = std::move(found),
               .hint = std::move(hint)});
}

const OptionSpec* find(const OptionSpecs& specs, std::string_view name) {
  const auto at = std::find_if(specs.begin(), specs.end(), [name](const OptionSpec& spec) {
    return spec.name == name || (!spec.letter.empty() && spec.letter == name);
  });
  return at == specs.end() ? nullptr : &*at;
}

[[noreturn]] void unknown_option(std::string_view verb, const OptionSpecs& specs,
                                 std::string_view name) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) names.emplace_back(spec.name);
  const auto near = nearest(name, names);
  usage("unknown option " + shown_path(name), "fovea " + std::string(verb), {}, {},
        near ? "perhaps " + *near : "`fovea " + std::string(verb) + " --help` lists the options");
}

}  // namespace

Arguments Arguments::parse(std::string_view verb, const OptionSpecs& specs,
                           const std::vector<std::string>& words) {
  Arguments out;
  out.verb_ = verb;
  out.specs_ = specs;
  const std::string where = "fovea " + out.verb_;
  bool options_may_follow = true;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (!options_may_follow || word.size() < 2 || word[0] != '-') {
      out.inputs_.push_back(word);
      continue;
    }
    if (word == "--") {
      options_may_follow = false;
      continue;
    }
    const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
    const std::string name = word.substr(0, equals);
    const OptionSpec* spec = find(specs, name);
    if (spec == nullptr) unknown_option(verb, specs, name);
    auto& values = out.options_[std::string(spec->name)];
    if (spec->takes != Takes::kMany && !values.empty()) {
      usage(std::string(spec->name) + " stands twice", where);
    }
    if (spec->takes == Takes::kNothing) {
      if (equals != std::string::npos) {
        usage(std::string(spec->name) + " takes no value", where, {},
              shown_path(word.substr(equals + 1)));
      }
      values.emplace_back();
    } else if (equals != std::string::npos) {
      values.push_back(word.substr(equals + 1));
    } else if (i + 1 < words.size() && find(specs, words[i + 1]) == nullptr) {
      values.push_back(words[++i]);
    } else {
      usage(std::string(spec->name) + " needs a value", where, std::string(spec->value));
    }
  }
  return out;
}

bool Arguments::has(std::string_view name) const { return options_.find(name) != options_.end(); }

std::optional<std::string> Arguments::value(std::string_view name) const {
  const auto at = options_.find(name);
  return at == options_.end() ? std::nullopt : std::optional(at->second.front());
}

std::string Arguments::value_or(std::string_view name, std::string_view otherwise) const {
  return value(name).value_or(std::string(otherwise));
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto at = options_.find(name);
  return at == options_.end() ? std::vector<std::string>{} : at->second;
}

std::string Arguments::needed(std::string_view name) const {
  if (auto found = value(name)) return *found;
  const OptionSpec* spec = find(specs_, name);
  std::string shown(name);
  if (spec != nullptr && !spec->letter.empty()) shown = std::string(spec->letter);
  if (spec != nullptr) shown += " " + std::string(spec->value);
  usage("an option is missing", "fovea " + verb_, shown, {},
        "`fovea " + verb_ + " --help` shows examples");
}

int64_t Arguments::count(std::string_view name, int64_t otherwise, int64_t least,
                         int64_t most) const {
  const auto text = value(name);
  if (!text) return otherwise;
  const auto number = parse_count(*text);
  if (!number || *number < least || *number > most) {
    usage(std::string(name) + " is out of range", "fovea " + verb_,
          "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
          shown_path(*text));
  }
  return *number;
}

Arguments Arguments::without_first_input() const {
  Arguments out = *this;
  if (!out.inputs_.empty()) out.inputs_.erase(out.inputs_.begin());
  return out;
}

void Arguments::expect_inputs(size_t least, size_t most, std::string_view what) const {
  const std::string where = "fovea " + verb_;
  const std::string hint = "`fovea " + verb_ + " --help` shows examples";
  if (inputs_.size() < least) {
    usage("something is missing", where, std::string(what),
          inputs_.empty() ? "no input" : std::to_string(inputs_.size()) + " of them", hint);
  }
  if (inputs_.size() > most) {
    usage("one word too many", where,
          what.empty() ? std::string("nothing but options") : std::string(what),
          "'" + shown_path(inputs_[most]) + "'", hint);
  }
}

}  // namespace fovea::app
