// safetensors: whatever is read has tensors as large as their shapes say, inside the file.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fovea/error.h"
#include "model/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const fovea::Result<fovea::TensorFile> file = fovea::parse_safetensors(bytes, "fuzz");
  if (!file.ok()) {
    FOVEA_CHECK(file.error().kind == fovea::ErrorKind::kBadInput);
    return 0;
  }
  size_t total = 0;
  for (const auto& [name, tensor] : file.value().tensors) total += tensor.bytes();
  FOVEA_CHECK(total <= size);
  return 0;
}
