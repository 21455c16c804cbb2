// Model files: whatever loads has one weight of the right shape for each parameter.
#include <cstddef>
#include <cstdint>
#include <span>

#include "fovea/error.h"
#include "fovea/model.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const fovea::Result<fovea::Model> model = fovea::parse_model(bytes, "fuzz");
  if (!model.ok()) {
    FOVEA_CHECK(model.error().kind == fovea::ErrorKind::kBadInput);
    return 0;
  }
  for (const fovea::Param& param : model.value().graph.params()) {
    const auto weight = model.value().params.find(param.name);
    FOVEA_CHECK(weight != model.value().params.end());
    FOVEA_CHECK(weight->second.shape() == param.shape);
  }
  return 0;
}
