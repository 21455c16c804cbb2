// The digest of corrupted scenes: every kind at every strength, at two sizes.
#pragma once

#include <cstdint>

#include "data/core/corrupt.h"
#include "data/core/scenes.h"

namespace fovea {

inline uint64_t corrupt_digest() {
  ContentHash hash;
  for (const int32_t side : {32, 48}) {
    for (const CorruptionKind kind : kCorruptionKinds) {
      for (int strength = 1; strength <= kMaxCorruption; ++strength) {
        for (int64_t i = 0; i < 4; ++i) {
          const Picture picture = render_scene({.seed = 3, .side = side}, i).picture;
          hash.add(corrupted(picture.view(), {kind, strength, 11}, i).pixels);
        }
      }
    }
  }
  return hash.value();
}

}  // namespace fovea
