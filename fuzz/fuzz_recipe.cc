// A recipe: whatever parses is written with every key and read back to the same text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fovea/error.h"
#include "learner/recipe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const fovea::Result<fovea::Recipe> recipe = fovea::parse_recipe(text, "fuzz");
  if (!recipe.ok()) {
    FOVEA_CHECK(recipe.error().kind == fovea::ErrorKind::kBadInput);
    return 0;
  }
  const std::string written = fovea::recipe_text(recipe.value());
  const fovea::Result<fovea::Recipe> again = fovea::parse_recipe(written, "again");
  FOVEA_CHECK(again.ok());
  FOVEA_CHECK(fovea::recipe_text(again.value()) == written);
  return 0;
}
