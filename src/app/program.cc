#include "app/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "app/verb.h"
#include "base/exit_code.h"
#include "base/file.h"
#include "base/words.h"
#include "fovea/error.h"

namespace fovea::app {
namespace {

constexpr int kSignalBase = 128;

/// A message must stay on its line whatever bytes it quotes.
std::string on_one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return shown_path(text);
}

int report(const ErrorInfo& error) {
  std::fflush(stdout);
  std::string text = "fovea: error: " + on_one_line(error.message()) + "\n";
  if (!error.hint.empty()) text += "hint: " + on_one_line(error.hint) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
  return exit_code(error.kind);
}

extern "C" void leave_on_signal(int signal_number) {
  remove_unfinished_files();
  // A closed pipe ends a program as everywhere: silently, by the signal itself.
  if (signal_number == SIGPIPE) {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
  ::_exit(kSignalBase + signal_number);
}

void handle_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    struct sigaction action {};
    action.sa_handler = leave_on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_NODEFER;
    ::sigaction(number, &action, nullptr);
  }
}

/// Files that we open must never become a standard stream that somebody closed before the start.
void occupy_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) < 0) return;
  }
}

const Verb* find_verb(std::string_view name) {
  for (const Verb* verb : all_verbs()) {
    if (verb->name == name) return verb;
  }
  return nullptr;
}

[[noreturn]] void unknown_verb(const std::string& name) {
  std::vector<std::string> names;
  std::vector<std::string> below;  // "data make" for "data"
  for (const Verb* verb : all_verbs()) {
    names.emplace_back(verb->name);
    if (verb->name.starts_with(name + " ")) below.emplace_back(verb->name);
  }
  if (!below.empty()) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "'" + name + "' needs a second word",
                 .where = "fovea",
                 .expected = joined(std::span<const std::string>(below), ", ")});
  }
  const auto near = nearest(name, names);
  throw Error({.kind = ErrorKind::kUsage,
               .what = "unknown verb '" + shown_path(name) + "'",
               .where = "fovea",
               .hint = near ? "perhaps '" + *near + "'" : "`fovea --help` lists the verbs"});
}

/// The verb that the words name, and how many words that took.
std::pair<const Verb*, size_t> verb_of(const std::vector<std::string>& words) {
  if (words.size() > 2) {
    const Verb* two = find_verb(words[1] + " " + words[2]);
    if (two != nullptr) return {two, 3};
  }
  const Verb* one = find_verb(words[1]);
  if (one != nullptr) return {one, 2};
  const bool group = std::any_of(all_verbs().begin(), all_verbs().end(), [&](const Verb* verb) {
    return verb->name.starts_with(words[1] + " ");
  });
  const bool second = words.size() > 2 && !words[2].starts_with("-");
  unknown_verb(group && second ? words[1] + " " + words[2] : words[1]);
}

bool wants_help(const std::vector<std::string>& words, size_t from) {
  for (size_t i = from; i < words.size() && words[i] != "--"; ++i) {
    if (words[i] == "--help" || words[i] == "-h") return true;
  }
  return false;
}

int dispatch(const std::vector<std::string>& words, const Hooks& hooks) {
  Console plain(Loudness::kUsual, Format::kText);
  if (words.size() < 2) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "no verb",
                 .where = "fovea",
                 .hint = "`fovea --help` lists the verbs"});
  }
  if (words[1] == "--version") {
    plain.result("fovea " FOVEA_VERSION "\n");
    plain.flush();
    return 0;
  }
  if (words[1] == "--help" || words[1] == "-h" || words[1] == "help") {
    const bool about_verb = words.size() > 2 && !words[2].starts_with("-");
    if (!about_verb) {
      plain.result(help_of_program());
    } else {
      std::vector<std::string> rest(words);
      rest.erase(rest.begin() + 1);
      plain.result(help_of(*verb_of(rest).first));
    }
    plain.flush();
    return 0;
  }
  if (words.size() > 2 && wants_help(words, 2) && find_verb(words[1]) == nullptr) {
    // `fovea data --help`: one after the other.
    std::string text;
    for (const Verb* verb : all_verbs()) {
      if (!verb->name.starts_with(words[1] + " ")) continue;
      const bool asked = words[2].starts_with("-") || verb->name == words[1] + " " + words[2];
      if (asked) text += (text.empty() ? "" : "\n") + help_of(*verb);
    }
    if (!text.empty()) {
      plain.result(text);
      plain.flush();
      return 0;
    }
  }
  const auto [verb, n_words] = verb_of(words);
  if (wants_help(words, n_words)) {
    plain.result(help_of(*verb));
    plain.flush();
    return 0;
  }
  const std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(n_words),
                                      words.end());
  const Arguments arguments =
      Arguments::parse(verb->name, verb->options() + common_options(), rest);
  Console console(arguments.has("--quiet")     ? Loudness::kQuiet
                  : arguments.has("--verbose") ? Loudness::kVerbose
                                               : Loudness::kUsual,
                  arguments.has("--json") ? Format::kJson : Format::kText);
  Context context{.console = console, .hooks = hooks, .words = words};
  const int code = verb->run(context, arguments);
  console.flush();
  return code;
}

}  // namespace

int run_program(int argc, char** argv, const Hooks& hooks) {
  occupy_standard_streams();
  handle_signals();
  const std::vector<std::string> words(argv, argv + argc);
  try {
    return dispatch(words, hooks);
  } catch (const Error& error) {
    return report(error.info());
  } catch (const std::bad_alloc&) {
    return report({.kind = ErrorKind::kInternal, .what = "out of memory"});
  } catch (const std::exception& error) {
    return report({.kind = ErrorKind::kInternal, .what = error.what()});
  }
}

void become_trainer(const Context& context) {
  std::string self(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
  self.resize(length > 0 ? static_cast<size_t>(length) : 0);
  const std::string folder = self.substr(0, self.rfind('/'));
  const std::string trainer = folder + "/../libexec/fovea-trainer";
  // A trainer without its learner would only find itself.
  const bool is_trainer = self.ends_with("/fovea-trainer");
  if (!is_trainer && ::access(trainer.c_str(), X_OK) == 0) {
    std::vector<std::string> words(context.words);
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    ::execv(trainer.c_str(), pointers.data());
  }
  throw Error({.kind = ErrorKind::kNotInBuild,
               .what = "this build has no learner",
               .where = "fovea " + context.words[1],
               .expected = "the program " + shown_path(trainer),
               .hint = "configure with -DFOVEA_LEARNER=ON (needs libtorch-dev)"});
}

}  // namespace fovea::app
