// What the reader and the writer of packs share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/core/picture.h"

namespace fovea::pack_format {

inline constexpr size_t kHeaderBytes = 64;
inline constexpr size_t kFooterBytes = 80;
// Bounds that keep every product below within 64 bits.
inline constexpr uint64_t kMaxSide = 1 << 20;
inline constexpr uint64_t kMaxSamples = uint64_t{1} << 32;

inline std::span<const uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

/// The content hash: everything but pixels or files, whose hash comes in.
inline uint64_t whole_hash(int32_t height, int32_t width, std::span<const std::string> classes,
                           std::span<const int32_t> labels, std::span<const uint8_t> names,
                           uint64_t pixel_hash) {
  ContentHash hash;
  hash.add_number(static_cast<uint64_t>(height));
  hash.add_number(static_cast<uint64_t>(width));
  for (const std::string& name : classes) {
    hash.add_number(name.size());
    hash.add(as_bytes(name));
  }
  hash.add_number(labels.size());
  for (const int32_t label : labels) hash.add_number(static_cast<uint64_t>(label));
  hash.add(names);
  hash.add_number(pixel_hash);
  return hash.value();
}

/// Adds one encoded file, so that bytes cannot move from one file to the next unseen.
inline void add_file(ContentHash& hash, std::string_view bytes) {
  hash.add_number(bytes.size());
  hash.add(as_bytes(bytes));
}

}  // namespace fovea::pack_format
