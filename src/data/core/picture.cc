#include "data/core/picture.h"

#include <array>

#include "base/noise.h"

namespace fovea {

void ContentHash::mix(uint64_t word) {
  state_ = (state_ ^ word) * 0x9E3779B97F4A7C15ULL;
  state_ ^= state_ >> 29;
}

void ContentHash::add(std::span<const uint8_t> bytes) {
  size_t i = 0;
  const auto one = [&] {
    pending_ |= uint64_t{bytes[i++]} << (8 * (length_++ % 8));
    if (length_ % 8 == 0) {
      mix(pending_);
      pending_ = 0;
    }
  };
  while (i < bytes.size() && length_ % 8 != 0) one();
  while (bytes.size() - i >= 8) {
    uint64_t word = 0;
    for (size_t k = 0; k < 8; ++k) word |= uint64_t{bytes[i + k]} << (8 * k);
    mix(word);
    i += 8;
    length_ += 8;
  }
  while (i < bytes.size()) one();
}

void ContentHash::add_number(uint64_t number) {
  std::array<uint8_t, 8> bytes{};
  for (size_t k = 0; k < 8; ++k) bytes[k] = static_cast<uint8_t>(number >> (8 * k));
  add(bytes);
}

uint64_t ContentHash::value() const { return mix64(mix64(state_ ^ pending_) ^ length_); }

uint64_t content_hash(PictureView picture) {
  ContentHash hash;
  hash.add_number(static_cast<uint64_t>(picture.height));
  hash.add_number(static_cast<uint64_t>(picture.width));
  hash.add(picture.pixels);
  return hash.value();
}

}  // namespace fovea
