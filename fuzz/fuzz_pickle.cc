// Files of torch.save, in both forms, and pickles alone: bounded, and nothing is called.
#include <cstddef>
#include <cstdint>
#include <span>

#include "exchange/torch_file.h"
#include "fovea/error.h"
#include "pickle/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const fovea::Result<fovea::NamedTensors> tensors = fovea::read_torch_file(bytes, "fuzz");
  if (tensors.ok()) {
    size_t total = 0;
    for (const auto& [name, tensor] : tensors.value()) total += tensor.bytes();
    FOVEA_CHECK(total <= 16 * size + (size_t{1} << 20));
  }
  const fovea::Result<fovea::Pickle> pickle = fovea::read_pickle(bytes, "fuzz");
  FOVEA_CHECK(!pickle.ok() || pickle.value().bytes_read() <= size);
  return 0;
}
