// A pack's bytes: whatever opens can be read everywhere.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "data/core/pack.h"
#include "fovea/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fovea::Result<fovea::PackPtr> opened =
      fovea::Pack::read(std::as_bytes(std::span(data, size)), "fuzz");
  if (!opened.ok()) {
    FOVEA_CHECK(opened.error().kind == fovea::ErrorKind::kBadInput);
    return 0;
  }
  const fovea::Pack& pack = *opened.value();
  fovea::ContentHash hash;
  for (int64_t i = 0; i < pack.size(); ++i) {
    FOVEA_CHECK(pack.label(i) >= 0 && pack.label(i) < pack.n_classes());
    FOVEA_CHECK(pack.file_name(i).size() <= size);
    if (pack.form() == fovea::PackForm::kEncoded) {
      FOVEA_CHECK(pack.file_bytes(i).size() <= size && !pack.view(i) && !pack.picture(i).ok());
      continue;
    }
    hash.add(pack.pixels(i));
    FOVEA_CHECK(pack.picture(i).value().pixels.size() == pack.pixels(i).size());
  }
  (void)pack.verify().ok();
  return 0;
}
