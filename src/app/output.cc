#include "app/output.h"

namespace fovea::app {

OptionSpec output_option(std::string_view value, std::string_view help) {
  return {"--output", value, help, Takes::kOne, "-o"};
}

OptionSpec force_option() { return {"--force", "", "overwrite what is there", Takes::kNothing}; }

Overwrite overwrite_from(const Arguments& arguments) {
  return arguments.has("--force") ? Overwrite::kAllow : Overwrite::kRefuse;
}

Storage storage_from(const Arguments& arguments) {
  const std::string text = arguments.value_or("--storage", "f32");
  if (text == "f32") return Storage::kF32;
  if (text == "f16") return Storage::kF16;
  throw Error({.kind = ErrorKind::kUsage,
               .what = "unknown storage",
               .where = "--storage",
               .expected = "f32 or f16",
               .found = shown_path(text)});
}

void require_writable(const std::string& path, Overwrite overwrite) {
  check_writable(path, overwrite).value();
}

}  // namespace fovea::app
