// Does a confidence of 0.8 mean right in 80 of 100 cases?
#pragma once

#include <cstdint>
#include <vector>

#include "calibrate/scores.h"

namespace fovea {

/// Samples whose confidence is in [low, high); the last bin also holds 1.
struct ReliabilityBin {
  double low = 0;
  double high = 0;
  int64_t n = 0;
  int64_t correct = 0;
  double mean_confidence = 0;  ///< 0 where n is 0
};

struct Reliability {
  std::vector<ReliabilityBin> bins;
  int64_t n = 0;  ///< samples whose class is known
  /// Expected calibration error: sum over bins of n_b/n · |accuracy_b − confidence_b|
  /// (Naeini, Cooper, Hauskrecht, AAAI 2015), bins of equal width.
  double ece = 0;
};

/// Of one exit; confidence is the largest softmax at the exit's temperature, whatever metric it
/// leaves by. A row that holds NaN counts with confidence 0.
[[nodiscard]] Reliability reliability(const Scores& scores, int exit, int n_bins = 15);

}  // namespace fovea
