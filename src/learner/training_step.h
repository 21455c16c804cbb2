// One stage of training: the network, its optimiser, and a step.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/batches.h"
#include "learner/network.h"
#include "learner/objective.h"
#include "learner/recipe.h"
#include "learner/sgd.h"
#include "learner/step_report.h"

namespace fovea {

/// A recipe's word on TrainingPath.
enum class PathChoice : uint8_t {
  kAuto,  ///< fast where it can be
  kEager,
  kFast,
};

/// The choice that a recipe names: auto, eager, fast.
[[nodiscard]] PathChoice path_choice(std::string_view name);
/// "eager" or "fast".
[[nodiscard]] std::string path_name(TrainingPath path);

/// Splits every batch over `threads` replicas of the network, one thread each: operators of thin
/// layers are too small to be split themselves. As in the published programs on several devices,
/// each replica normalises over its own part and the first one's running statistics are kept.
/// The same number of threads gives the same bits. Not thread-safe.
class StageTrainer {
 public:
  /// Throws Error where the stage or the path does not fit the network. On other devices than the
  /// CPU there is one replica.
  StageTrainer(const Graph& graph, const NamedTensors& params, const Stage& stage,
               const at::Device& device, int threads = 1, PathChoice choice = PathChoice::kEager);

  [[nodiscard]] TrainingPath path() const { return path_; }
  [[nodiscard]] TrainableNetwork& network() { return *replicas_[0]; }
  /// Loss and gradients of a batch; values [n, C, H, W], labels I64 [n].
  StepReport gradients(const at::Tensor& values, const at::Tensor& labels);
  void update(double rate);

  [[nodiscard]] NamedTensors momentum() const;
  void set_momentum(const NamedTensors& momentum);

 private:
  StepReport part_gradients(TrainableNetwork& replica, const at::Tensor& values,
                            const at::Tensor& labels, double share) const;

  TrainingPath path_;
  std::vector<std::unique_ptr<TrainableNetwork>> replicas_;
  std::unique_ptr<Objective> objective_;
  Sgd sgd_;
};

}  // namespace fovea
