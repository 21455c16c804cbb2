// How much of the saving of early exits an attack on the inputs takes away.
#pragma once

#include <cstdint>
#include <vector>

#include "eval/executed.h"

namespace fovea {

/// A policy on the same samples before and after their inputs were changed.
struct SlowdownReport {
  AdaptiveReport before;
  AdaptiveReport after;
  double full_macs = 0;  ///< of a sample that goes as far as the policy lets it
};

/// What leaving early saves: the area under the curve of the share of samples that have left by a
/// cost, costs in parts of `full_macs`; that is 1 - mean/full. 1: all leave at no cost; 0: all go
/// on to the end. Source: specs/survey.md 6 row 5; the efficacy of DeepSloth (arXiv 2010.02432).
[[nodiscard]] double efficacy(const AdaptiveReport& report, double full_macs);

/// One point of that curve.
struct ExitShare {
  double macs = 0;   ///< of leaving at this exit
  double share = 0;  ///< of the samples that left here or earlier, 0..1
};
/// A point for each exit that the policy asks. `macs` by exit of the network; 0 where not asked.
[[nodiscard]] std::vector<ExitShare> exit_shares(const AdaptiveReport& report,
                                                 const std::vector<double>& macs);

}  // namespace fovea
