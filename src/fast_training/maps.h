// How values lie in memory while a network is trained on the CPU: samples side by side.
//
// A group is as many samples as a vector has floats. One vector holds one element of all samples of
// a group, so every kernel is vectorised over samples: no channel count is too thin, taps need no
// shuffles, weights are broadcast.
#pragma once

#include <cstdint>

namespace fovea::fast {

/// Distance of two planes in vectors. A few more than the map has: planes a power of two apart
/// would fall into the same sets of a cache.
constexpr int64_t plane_vectors(int64_t h, int64_t w) {
  const int64_t n = h * w;
  return n < 16 ? n : n + 4;
}

/// A value of all groups: element (g, c, y, x) is the vector at
/// data + g·group + c·plane + (y·w + x)·lanes.
struct Maps {
  float* data = nullptr;
  int64_t group = 0;  ///< floats
  int64_t plane = 0;  ///< floats
  int64_t c = 1;
  int64_t h = 1;
  int64_t w = 1;
};

/// The samples of a batch: `groups` vectors of `lanes`, of which `n` lanes are samples. The others
/// repeat a sample going forward and have no gradient coming back.
struct Samples {
  int64_t n = 0;
  int64_t groups = 0;
  int lanes = 1;
  const float* valid = nullptr;  ///< [groups, lanes]: 1 where a lane is a sample, else 0
};

}  // namespace fovea::fast
