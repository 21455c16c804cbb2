// A picture's bytes: whatever decodes has the pixels that it claims, and encodes as PNG to the
// same.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "data/codecs/decode.h"
#include "fovea/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr int64_t kMaxPixels = 1 << 18;
  const fovea::Result<fovea::Picture> decoded = fovea::decode_picture(
      std::as_bytes(std::span(data, size)), "fuzz", {.max_pixels = kMaxPixels});
  if (!decoded.ok()) {
    FOVEA_CHECK(decoded.error().kind == fovea::ErrorKind::kBadInput);
    return 0;
  }
  const fovea::Picture& picture = decoded.value();
  FOVEA_CHECK(picture.height > 0 && picture.width > 0);
  FOVEA_CHECK(int64_t{picture.height} * picture.width <= kMaxPixels);
  FOVEA_CHECK(picture.pixels.size() == fovea::kChannels * static_cast<size_t>(picture.height) *
                                           static_cast<size_t>(picture.width));
  if (picture.pixels.size() > 30'000) return 0;  // encoding more would only slow the search
  const std::string png = fovea::encode_png(picture.view());
  FOVEA_CHECK(fovea::decode_picture(png, "again").value() == picture);
  return 0;
}
