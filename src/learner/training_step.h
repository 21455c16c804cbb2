// One stage of training: the network, its optimiser, and a step.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "learner/batches.h"
#include "learner/network.h"
#include "learner/objective.h"
#include "learner/recipe.h"
#include "learner/sgd.h"

namespace fovea {

/// What a step measured, before the update.
struct StepReport {
  int64_t samples = 0;
  double loss = 0;
  std::vector<double> loss_per_exit;
  std::vector<double> correct_per_exit;
};

/// Not thread-safe.
class StageTrainer {
 public:
  /// Throws Error where the stage does not fit the network.
  StageTrainer(const Graph& graph, const NamedTensors& params, const Stage& stage,
               const at::Device& device);

  [[nodiscard]] TrainableNetwork& network() { return network_; }
  /// Loss and gradients of a batch; values [n, C, H, W], labels I64 [n].
  StepReport gradients(const at::Tensor& values, const at::Tensor& labels);
  void update(double rate);

  [[nodiscard]] NamedTensors momentum() const;
  void set_momentum(const NamedTensors& momentum);

 private:
  TrainableNetwork network_;
  std::unique_ptr<Objective> objective_;
  Sgd sgd_;
};

}  // namespace fovea
