#include "app/console.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/words.h"
#include "fovea/error.h"

namespace fovea::app {
namespace {

[[noreturn]] void cannot_write() {
  throw Error({.kind = ErrorKind::kCannotWrite,
               .what = std::string("cannot write: ") + std::strerror(errno),
               .where = "standard output"});
}

void say(std::string_view line) {
  std::string text(line);
  text += '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

void Console::result(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) cannot_write();
}

void Console::json_result(const nlohmann::ordered_json& value) { result(dumped(value) + "\n"); }

void Console::note(std::string_view line) const {
  if (loudness_ != Loudness::kQuiet) say(line);
}

void Console::detail(std::string_view line) const {
  if (loudness_ == Loudness::kVerbose) say(line);
}

void Console::flush() {
  if (std::fflush(stdout) != 0) cannot_write();
}

std::string json_text(std::string_view bytes) {
  return is_utf8(bytes) ? std::string(bytes) : shown_path(bytes);
}

std::string dumped(const nlohmann::ordered_json& value) {
  return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

nlohmann::ordered_json json_float(float value) {
  if (!std::isfinite(value)) return nullptr;
  char text[32];
  const auto [end, error] = std::to_chars(std::begin(text), std::end(text), value);
  double wide = value;
  if (error == std::errc()) std::from_chars(std::begin(text), end, wide);
  return wide;
}

}  // namespace fovea::app
