// Settings of learned sample weights, without LibTorch.
#pragma once

#include <cstdint>
#include <string>

namespace fovea {

/// A small network learns what every sample's loss counts at every exit, so that exits learn most
/// from the samples that will leave there (L2W-DEN, specs/survey.md 4.1).
struct WeightingSettings {
  std::string kind = "none";  ///< none, learned
  int64_t hidden = 100;       ///< units of the network's hidden layer
  double reach = 0.8;  ///< weights are 1 + reach·value, value a difference of numbers in ±1
  double rate = 1e-5;  ///< of Adam, for the weighting network
  double target = 1;   ///< q: exit k is meant for a share of the samples that goes with q^k
  int64_t every = 1;   ///< steps between steps of the weighting network
};

}  // namespace fovea
