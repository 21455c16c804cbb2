// A list of boxes: whatever is accepted has finite boxes that are not inside out.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "eval/object_boxes.h"
#include "fovea/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fovea::Result<fovea::ObjectBoxes> boxes =
      fovea::parse_boxes({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!boxes.ok()) {
    FOVEA_CHECK(boxes.error().kind == fovea::ErrorKind::kBadInput);
    return 0;
  }
  FOVEA_CHECK(!boxes.value().empty() && boxes.value().size() <= size);
  for (const auto& [name, box] : boxes.value()) {
    FOVEA_CHECK(std::isfinite(box.area()) && box.area() >= 1);
  }
  return 0;
}
