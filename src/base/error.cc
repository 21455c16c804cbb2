#include "fovea/error.h"

#include <cstdio>
#include <cstdlib>

namespace fovea {

std::string ErrorInfo::message() const {
  std::string parts;
  const auto add = [&parts](std::string_view label, const std::string& text) {
    if (text.empty()) return;
    if (!parts.empty()) parts += "; ";
    parts += label;
    parts += text;
  };
  add("", where);
  add("expected ", expected);
  add("found ", found);
  return parts.empty() ? what : what + " (" + parts + ")";
}

Error::Error(ErrorInfo info) : info_(std::move(info)), text_(info_.message()) {}

void Status::value() const {
  if (!ok()) throw Error(*info_);
}

void check_failed(std::string_view condition, std::string_view file, int line) noexcept {
  std::fprintf(stderr, "fovea: defect: %.*s does not hold (%.*s:%d)\n",
               static_cast<int>(condition.size()), condition.data(), static_cast<int>(file.size()),
               file.data(), line);
  std::abort();
}

}  // namespace fovea
