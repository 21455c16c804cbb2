#include "app/inputs.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "data/codecs/file_set.h"

namespace fovea::app {
namespace {

bool is_folder(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

bool exists(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0;
}

std::vector<std::string> pictures_below(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> out;
  std::error_code code;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, code);
  for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
    std::error_code ignored;
    const std::string path = at->path().string();
    if (!at->is_directory(ignored) && is_picture_name(path)) out.push_back(path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> out;
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    out.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ::globfree(&found);
  return out;
}

}  // namespace

InputFiles::InputFiles(std::vector<std::string> words, std::FILE* list)
    : words_(words.begin(), words.end()), list_(list) {}

void InputFiles::expand(const std::string& word) {
  if (is_folder(word)) {
    const auto files = pictures_below(word);
    ready_.insert(ready_.end(), files.begin(), files.end());
    if (files.empty()) ready_.push_back(word);
    return;
  }
  if (!exists(word) && word.find_first_of("*?[") != std::string::npos) {
    const auto files = matches(word);
    for (const std::string& file : files) {
      if (is_folder(file)) {
        expand(file);
      } else {
        ready_.push_back(file);
      }
    }
    if (!files.empty()) return;
  }
  ready_.push_back(word);
}

std::optional<std::string> InputFiles::next() {
  while (ready_.empty()) {
    if (reading_list_) {
      char* line = nullptr;
      size_t capacity = 0;
      const ssize_t length = ::getline(&line, &capacity, list_);
      std::string name(line == nullptr ? "" : line, length > 0 ? static_cast<size_t>(length) : 0);
      std::free(line);  // NOLINT(cppcoreguidelines-no-malloc): getline's own memory
      if (length < 0) {
        reading_list_ = false;
        continue;
      }
      while (!name.empty() && (name.back() == '\n' || name.back() == '\r')) name.pop_back();
      if (!name.empty()) expand(name);
      continue;
    }
    if (words_.empty()) return std::nullopt;
    const std::string word = words_.front();
    words_.pop_front();
    if (word == "-") {
      reading_list_ = true;
    } else {
      expand(word);
    }
  }
  std::string file = std::move(ready_.front());
  ready_.pop_front();
  return file;
}

}  // namespace fovea::app
