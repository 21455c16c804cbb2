#include "learner/weight_average.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "learner/torch_tensor.h"

namespace fovea {

WeightAverage::WeightAverage(const TrainableNetwork& network, double decay)
    : decay_(decay), trained_(network.flat_params().detach().clone()) {
  for (const auto& [name, value] : network.untrained()) untrained_.push_back(value.clone());
}

void WeightAverage::update(const TrainableNetwork& network) {
  const at::AutoGradMode grad(false);
  const auto t = static_cast<double>(steps_++);
  const double share = 1 - std::min(decay_, (1 + t) / (10 + t));
  trained_.lerp_(network.flat_params(), share);
  const auto values = network.untrained();
  for (size_t i = 0; i < values.size(); ++i) untrained_[i].lerp_(values[i].second, share);
}

NamedTensors WeightAverage::state(const TrainableNetwork& network) const {
  NamedTensors out = network.unflatten(trained_);
  const auto values = network.untrained();
  for (size_t i = 0; i < values.size(); ++i) {
    out.emplace(values[i].first, from_torch(untrained_[i]));
  }
  return out;
}

void WeightAverage::set(const TrainableNetwork& network, const NamedTensors& state, int64_t steps) {
  trained_ = network.flatten(state);
  const auto values = network.untrained();
  for (size_t i = 0; i < values.size(); ++i) {
    const auto found = state.find(values[i].first);
    if (found == state.end() || found->second.numel() != values[i].second.numel()) {
      throw Error({.kind = ErrorKind::kBadInput,
                   .what = "the averaged weights do not fit the network",
                   .where = values[i].first});
    }
    untrained_[i] = to_torch(found->second, network.device());
  }
  steps_ = steps;
}

}  // namespace fovea
