#include <algorithm>
#include <string>

#include "app/verb.h"

namespace fovea::app {
namespace {

constexpr size_t kWidth = 96;

/// Breaks a paragraph into lines of at most kWidth, each behind `indent` spaces but the first.
std::string wrapped(std::string_view text, size_t indent, size_t column) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    out += text.substr(0, end);
    column += end;
    text.remove_prefix(end);
    if (text.empty()) break;
    text.remove_prefix(1);
    const size_t next = std::min(text.find(' '), text.size());
    if (column + 1 + next > kWidth) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else {
      out += ' ';
      ++column;
    }
  }
  return out;
}

std::string label_of(const OptionSpec& spec) {
  std::string out;
  if (!spec.letter.empty()) out += std::string(spec.letter) + ", ";
  out += spec.name;
  if (!spec.value.empty()) out += " " + std::string(spec.value);
  return out;
}

std::string table_of(const OptionSpecs& specs) {
  constexpr size_t kColumn = 28;
  std::string out;
  for (const OptionSpec& spec : specs) {
    std::string line = "  " + label_of(spec);
    if (line.size() + 2 > kColumn) {
      line += '\n' + std::string(kColumn, ' ');
    } else {
      line.resize(kColumn, ' ');
    }
    out += line + wrapped(spec.help, kColumn, kColumn) + '\n';
  }
  return out;
}

std::string indented(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    out += "  " + std::string(lines.substr(0, end)) + '\n';
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += wrapped(text.substr(0, end), 0, 0) + '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

OptionSpecs operator+(OptionSpecs a, const OptionSpecs& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

OptionSpecs common_options() {
  return {
      {"--json", "", "print JSON and nothing else on standard output", Takes::kNothing},
      {"--quiet", "", "no progress, notes or warnings", Takes::kNothing},
      {"--verbose", "", "more notes", Takes::kNothing, "-v"},
      {"--help", "", "this text", Takes::kNothing, "-h"},
  };
}

std::string help_of(const Verb& verb) {
  const std::string name(verb.name);
  std::string out = "fovea " + name + ": " + std::string(verb.summary) + "\n\n";
  out += "usage: fovea " + name + " " + std::string(verb.usage) + "\n\n";
  if (!verb.description.empty()) out += paragraphs(verb.description) + "\n";
  out += "options:\n" + table_of(verb.options() + common_options());
  out += "\nexamples:\n" + indented(verb.examples);
  return out;
}

std::string help_of_program() {
  std::string out =
      "fovea: neural networks that spend computation where the input needs it\n\n"
      "usage: fovea VERB [MODEL] [INPUTS...] [options]\n"
      "       fovea VERB --help\n"
      "       fovea --version\n\n"
      "verbs:\n";
  for (const Verb* verb : all_verbs()) {
    std::string line = "  " + std::string(verb->name);
    line.resize(16, ' ');
    out += line + std::string(verb->summary) + "\n";
  }
  out +=
      "\nA network is a model file; or --network NAME with --set KEY=VALUE; or --graph FILE.\n"
      "Exit codes: 0 done, 1 a defect of fovea, 2 usage, 3 bad input, 4 cannot write,\n"
      "            5 a check failed, 6 not in this build, 130 interrupted.\n\n"
      "examples:\n"
      "  fovea predict models/NAME.fovea photo.jpg --threshold 0.9\n"
      "  fovea info --network ranet-a-cifar10\n"
      "  fovea verify models/NAME.fovea --data cifar10 --split test --threshold 0.9\n";
  return out;
}

}  // namespace fovea::app
