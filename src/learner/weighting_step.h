// How sample weights are learned: each half of a batch judges what the other half's weights do.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "learner/network.h"
#include "learner/objective.h"
#include "learner/weighting.h"

namespace fovea {

/// Samples and their targets as Objective::losses takes them.
struct LabelledValues {
  at::Tensor values;
  at::Tensor targets;
};

struct MetaSettings {
  double rate = 0.1;  ///< of the step that is judged
  double target = 1;  ///< of exit_places()
};

/// What the weights of one half would change.
struct WeightGradients {
  at::Tensor losses;  ///< [N, exits] at the network's weights
  at::Tensor grads;   ///< [N, exits]: of the other half's meta loss by this half's weights
};

/// One direction of L2W-DEN's two-level step (specs/survey.md 4.1): a step of plain gradient
/// descent at meta.rate on the weighted loss of `half` gives other weights; the meta loss there is
/// the sum over exits of the mean cross-entropy of those samples of `judge` that would leave at the
/// exit (exit_places()). Its gradient by a sample's weight is −rate/N times the product of the
/// gradient of that sample's loss with the meta loss's gradient: the loss's gradient by the logits
/// times the logits' change along the latter, which is measured as a difference. Works on
/// `scratch`, a copy of the network with plain gradients whose weights and running statistics are
/// not needed afterwards; `start` are the flat weights.
[[nodiscard]] WeightGradients weight_gradients(TrainableNetwork& scratch, const at::Tensor& start,
                                               const Objective& objective,
                                               const Weighting& weighting,
                                               const LabelledValues& half,
                                               const LabelledValues& judge, MetaSettings meta);

/// Where each sample would leave if exit k took the share that goes with target^k of all samples,
/// its most confident ones (largest probability) among those that are left; the last exit takes the
/// rest. logits [N,C] of every exit; an exit by sample.
[[nodiscard]] std::vector<int> exit_places(const std::vector<at::Tensor>& logits, double target);

}  // namespace fovea
