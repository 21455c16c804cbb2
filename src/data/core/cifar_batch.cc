#include "data/core/cifar_batch.h"

#include <utility>

namespace fovea {

Picture cifar_picture(std::string_view planes) {
  constexpr int32_t kSide = 32;
  constexpr size_t kPlane = size_t{kSide} * kSide;
  FOVEA_CHECK(planes.size() == kCifarPictureBytes);
  Picture picture(kSide, kSide);
  for (size_t i = 0; i < kPlane; ++i) {
    for (size_t c = 0; c < kChannels; ++c) {
      picture.pixels[i * kChannels + c] = static_cast<uint8_t>(planes[c * kPlane + i]);
    }
  }
  return picture;
}

Status add_cifar_binary(std::string_view bytes, size_t label_bytes, const CifarBatch& batch,
                        std::vector<Sample>& samples) {
  const auto bad = [&](std::string what, std::string expected, std::string found) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = std::move(what),
                     .where = batch.source,
                     .expected = std::move(expected),
                     .found = std::move(found)};
  };
  const size_t record = label_bytes + kCifarPictureBytes;
  if (bytes.empty() || bytes.size() % record != 0) {
    return bad("not a whole number of CIFAR records",
               "a multiple of " + std::to_string(record) + " bytes", std::to_string(bytes.size()));
  }
  for (size_t at = 0; at < bytes.size(); at += record) {
    const std::string_view one = bytes.substr(at, record);
    const auto label = static_cast<uint8_t>(one[label_bytes - 1]);
    const std::string number = std::to_string(at / record);
    if (label >= batch.n_classes) {
      return bad("a label has no class", "below " + std::to_string(batch.n_classes),
                 std::to_string(label) + " in record " + number);
    }
    samples.push_back({cifar_picture(one.substr(label_bytes)), label, batch.name + "#" + number});
  }
  return {};
}

}  // namespace fovea
