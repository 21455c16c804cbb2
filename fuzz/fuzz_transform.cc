// A transform's text: whatever parses is written and parses back to the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "data/core/transform.h"
#include "fovea/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fovea::Result<fovea::Transform> parsed =
      fovea::Transform::parse({reinterpret_cast<const char*>(data), size}, "fuzz");
  if (!parsed.ok()) return 0;
  const fovea::Transform& transform = parsed.value();
  FOVEA_CHECK(transform.crop >= 1 && transform.crop <= transform.resize);
  const fovea::Result<fovea::Transform> again = fovea::Transform::parse(transform.text());
  FOVEA_CHECK(again.ok());
  FOVEA_CHECK(again.value() == transform);
  return 0;
}
