// The inputs of `predict`: files, folders, globs and lists on standard input, one after the other.
#pragma once

#include <cstdio>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace fovea::app {

/// Gives picture files in order. A folder gives all files below it that are named like pictures, in
/// order of their paths; a word with * ? [ that is no file is a glob; "-" reads names, one a line,
/// from standard input while they come. What is none of these is given out as it is, so that its
/// error appears in its place.
class InputFiles {
 public:
  explicit InputFiles(std::vector<std::string> words, std::FILE* list = stdin);
  /// The next file, or nothing.
  [[nodiscard]] std::optional<std::string> next();

 private:
  void expand(const std::string& word);

  std::deque<std::string> words_;
  std::deque<std::string> ready_;
  std::FILE* list_;
  bool reading_list_ = false;
};

}  // namespace fovea::app
