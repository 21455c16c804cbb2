// The digest of some scenes: pixels and truth of the first pictures at three sizes.
#pragma once

#include <cstdint>

#include "data/core/scenes.h"

namespace fovea {

inline uint64_t scenes_digest() {
  ContentHash hash;
  const auto add = [&](const ScenesOptions& options, int64_t i) {
    const ScenePicture scene = render_scene(options, i);
    hash.add(scene.picture.pixels);
    const SceneTruth& t = scene.truth;
    for (const int32_t value :
         {t.label, t.x0, t.y0, t.x1, t.y1, t.size_permille, t.contrast_permille,
          t.occlusion_permille, t.n_clutter, t.difficulty_permille}) {
      hash.add_number(static_cast<uint64_t>(value));
    }
  };
  for (int64_t i = 0; i < 100; ++i) add({.seed = 0}, i);
  for (int64_t i = 0; i < 10; ++i) add({.seed = 1, .side = 96}, i);
  add({.seed = 2, .side = 16}, 0);
  return hash.value();
}

}  // namespace fovea
