// The exponential moving average of a network's weights (EMA), which is what is evaluated.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "learner/network.h"

namespace fovea {

/// average += (1 − d)·(weights − average) after every step, of all numbers of the state: trained
/// weights and running statistics; counters are the network's. While training is young the average
/// is too: d = min(decay, (1 + t)/(10 + t)) at step t from 0, so that it soon forgets the first
/// weights. Not thread-safe.
class WeightAverage {
 public:
  /// Begins at the network's weights.
  WeightAverage(const TrainableNetwork& network, double decay);
  void update(const TrainableNetwork& network);

  /// The averages by name, as a network's state without counters.
  [[nodiscard]] NamedTensors state(const TrainableNetwork& network) const;
  /// Goes on after `steps` updates that gave `state`. Throws Error (kBadInput) where it does not
  /// fit the network.
  void set(const TrainableNetwork& network, const NamedTensors& state, int64_t steps);

 private:
  double decay_;
  int64_t steps_ = 0;
  at::Tensor trained_;                 ///< flat
  std::vector<at::Tensor> untrained_;  ///< as TrainableNetwork::untrained()
};

}  // namespace fovea
