// How good every exit is on all samples.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "calibrate/scores.h"

namespace fovea {

/// Accuracy of one exit over the samples whose class is known.
struct ExitAccuracy {
  int64_t n = 0;     ///< samples whose class is known
  int64_t top1 = 0;  ///< of those, the first maximum is the class
  int64_t top5 = 0;  ///< of those, the class is among the five largest (ties: lower index first)
  [[nodiscard]] std::optional<double> top1_percent() const;
  [[nodiscard]] std::optional<double> top5_percent() const;
};

/// 100·part/whole, or nothing where the whole is 0.
[[nodiscard]] std::optional<double> percent(int64_t part, int64_t whole);

/// Place of a class in a row ordered from largest to smallest, from 0; NaN counts as smallest.
[[nodiscard]] int64_t rank_of(std::span<const float> row, int64_t label);

/// One entry per exit (specs/ranet.md 8.1).
[[nodiscard]] std::vector<ExitAccuracy> anytime_accuracy(const Scores& scores);

}  // namespace fovea
