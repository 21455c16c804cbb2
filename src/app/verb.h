// What a verb is: its words for the help, its options, and what it does.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/arguments.h"
#include "app/console.h"
#include "app/hooks.h"

namespace fovea::app {

/// What every verb is given.
struct Context {
  Console& console;
  const Hooks& hooks;
  const std::vector<std::string>& words;  ///< all words of main(), the program's name first
};

/// One verb; its file in verbs/ defines it, verbs/verbs.cc lists it.
struct Verb {
  std::string_view name;         ///< "run", "data make"
  std::string_view summary;      ///< a few words for the list of verbs
  std::string_view usage;        ///< what follows `fovea NAME`
  std::string_view description;  ///< paragraphs for --help
  std::string_view examples;     ///< whole command lines, one a line
  OptionSpecs (*options)();      ///< its own; the common ones are added
  /// Does it; gives the exit code. Throws Error.
  int (*run)(Context& context, const Arguments& arguments);
};

/// All verbs in the order of the help.
[[nodiscard]] std::span<const Verb* const> all_verbs();

/// --json, --quiet, --verbose, --help.
[[nodiscard]] OptionSpecs common_options();

/// One list after the other.
[[nodiscard]] OptionSpecs operator+(OptionSpecs a, const OptionSpecs& b);

/// The text of `fovea NAME --help`.
[[nodiscard]] std::string help_of(const Verb& verb);
/// The text of `fovea --help`.
[[nodiscard]] std::string help_of_program();

/// Replaces this program by the one with the learner, arguments unchanged. Throws Error
/// (kNotInBuild) where there is none beside it.
[[noreturn]] void become_trainer(const Context& context);

}  // namespace fovea::app
