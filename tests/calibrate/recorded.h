// Recorded confidences of a made-up network with exits: later ones are right more often, and
// confidence tells more or less who is right.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include "base/noise.h"
#include "calibrate/rule.h"
#include "calibrate/scores.h"

namespace fovea {

struct Recorded {
  ExitTable table;
  std::vector<int64_t> labels;
};

/// Sample i has a difficulty; an exit is right where its strength and some luck exceed it, and its
/// confidence follows the margin. Class 0 is right, 1 is wrong.
inline Recorded recorded(int n_exits, int64_t n, uint64_t seed) {
  Recorded out{.table = {.n_exits = n_exits, .n = n},
               .labels = std::vector<int64_t>(static_cast<size_t>(n), 0)};
  const Noise noise(seed, "recorded");
  for (int exit = 0; exit < n_exits; ++exit) {
    for (int64_t i = 0; i < n; ++i) {
      const Noise sample = noise.fork(static_cast<uint64_t>(i));
      const double difficulty = sample.normal(0);
      const double luck = 0.5 * sample.normal(10 + static_cast<uint64_t>(exit));
      const double strength = 0.9 + 0.35 * exit;
      const double margin = strength + luck - difficulty;
      const double doubt = 0.4 * sample.normal(100 + static_cast<uint64_t>(exit));
      out.table.answer.push_back(margin > 0 ? 0 : 1);
      out.table.confidence.push_back(
          static_cast<float>(0.1 + 0.9 / (1 + std::exp(-2 * (std::abs(margin) + doubt)))));
    }
  }
  return out;
}

/// Trunk of 10 an exit, head of 1: exits that are not asked cost no head.
inline std::vector<double> trunk_and_heads(std::span<const int> asked) {
  std::vector<double> out;
  for (size_t i = 0; i < asked.size(); ++i) {
    out.push_back(10.0 * (asked[i] + 1) + static_cast<double>(i + 1));
  }
  return out;
}

}  // namespace fovea
