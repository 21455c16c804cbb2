// Files of the CIFAR archives in both forms; the first byte says which file it is.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/cifar.h"
#include "data/core/cifar_batch.h"
#include "fovea/error.h"

namespace {

void check(const fovea::Status& status, const std::vector<fovea::Sample>& samples, size_t size,
           int64_t n_classes) {
  if (!status.ok()) {
    FOVEA_CHECK(status.error().kind == fovea::ErrorKind::kBadInput);
    return;
  }
  FOVEA_CHECK(samples.size() * fovea::kCifarPictureBytes <= size);
  for (const fovea::Sample& sample : samples) {
    FOVEA_CHECK(sample.label >= 0 && sample.label < n_classes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const fovea::CifarBatch batch{.name = "fuzz", .source = "fuzz", .n_classes = 4};
  std::vector<fovea::Sample> samples;
  if (data[0] == 'b') {
    check(fovea::add_cifar_binary(bytes, 1, batch, samples), samples, bytes.size(), 4);
  } else if (data[0] == 'c') {
    check(fovea::add_cifar_binary(bytes, 2, batch, samples), samples, bytes.size(), 4);
  } else if (data[0] == 'p') {
    check(fovea::add_cifar_pickle(bytes, batch, samples), samples, bytes.size(), 4);
  } else {
    const auto names = fovea::cifar_pickle_names(bytes, "fuzz");
    FOVEA_CHECK(names.ok() || names.error().kind == fovea::ErrorKind::kBadInput);
  }
  return 0;
}
