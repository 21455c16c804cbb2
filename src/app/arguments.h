// The words after `fovea VERB`: one table per verb says what may stand there.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fovea::app {

/// Does an option take a value, and may it stand more than once?
enum class Takes : uint8_t { kNothing, kOne, kMany };

/// One option of a verb.
struct OptionSpec {
  std::string_view name;   ///< "--input"
  std::string_view value;  ///< what its value is called in the help; empty for flags
  std::string_view help;
  Takes takes = Takes::kOne;
  std::string_view letter = {};  ///< "-o", or empty
};

/// A group of options that several verbs share, and a verb's own options.
using OptionSpecs = std::vector<OptionSpec>;

/// What the words were read into.
/// Thread-safety: a value.
class Arguments {
 public:
  /// Reads the words of one verb. Throws Error (kUsage) with the nearest option for an unknown one,
  /// a missing or surplus value, or an option that stands twice and may not.
  static Arguments parse(std::string_view verb, const OptionSpecs& specs,
                         const std::vector<std::string>& words);

  [[nodiscard]] bool has(std::string_view name) const;
  /// The value of an option, or nothing where it does not stand there.
  [[nodiscard]] std::optional<std::string> value(std::string_view name) const;
  [[nodiscard]] std::string value_or(std::string_view name, std::string_view otherwise) const;
  /// The values of an option that may stand more than once.
  [[nodiscard]] std::vector<std::string> values(std::string_view name) const;
  /// The value of an option that must stand there; throws Error (kUsage) otherwise.
  [[nodiscard]] std::string needed(std::string_view name) const;
  /// A whole number within bounds, or `otherwise`; throws Error (kUsage) that names the option.
  [[nodiscard]] int64_t count(std::string_view name, int64_t otherwise, int64_t least,
                              int64_t most) const;

  [[nodiscard]] const std::string& verb() const { return verb_; }
  [[nodiscard]] const std::vector<std::string>& inputs() const { return inputs_; }
  /// The same words without the first input, for verbs whose first input says what follows.
  [[nodiscard]] Arguments without_first_input() const;
  /// Throws Error (kUsage) unless between `least` and `most` inputs stand there.
  void expect_inputs(size_t least, size_t most, std::string_view what) const;

 private:
  std::string verb_;
  OptionSpecs specs_;
  std::vector<std::string> inputs_;
  std::map<std::string, std::vector<std::string>, std::less<>> options_;
};

}  // namespace fovea::app
