// One stage of training: the network, its optimiser, and a step.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/batches.h"
#include "learner/batch_report.h"
#include "learner/network.h"
#include "learner/norm_scope.h"
#include "learner/objective.h"
#include "learner/recipe.h"
#include "learner/sgd.h"
#include "learner/weight_average.h"
#include "learner/weighting.h"

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

/// Why the fast path cannot carry a stage out; empty where it can.
[[nodiscard]] std::string path_obstacle(const Graph& graph, const Stage& stage,
                                        const at::Device& device, const NormScope& norm = {});
/// Throws Error (kUsage) where the network cannot be trained as the stage says.
void check_stage(const Graph& graph, const Stage& stage, const at::Device& device,
                 PathChoice choice, const NormScope& norm = {});

/// What a stage keeps besides the network's weights, by name; empty where it keeps nothing.
struct StageState {
  NamedTensors momentum;
  NamedTensors average;    ///< of the weights (EMA)
  NamedTensors weighting;  ///< of the samples' weights
};

/// Splits every batch over `threads` replicas of the network, one thread each: operators of thin
/// layers are too small to be split themselves. As in the published programs on several devices,
/// each replica normalises over its own part and the first one's running statistics are kept.
/// The same number of threads gives the same bits. Not thread-safe.
class StageTrainer {
 public:
  /// Throws Error where the stage or the path does not fit the network. On other devices than the
  /// CPU, and where `norm` is over the batch, there is one replica.
  StageTrainer(const Graph& graph, const NamedTensors& params, const Stage& stage,
               const at::Device& device, int threads = 1, PathChoice choice = PathChoice::kEager,
               const NormScope& norm = {});

  [[nodiscard]] TrainingPath path() const { return path_; }
  [[nodiscard]] TrainableNetwork& network() { return *replicas_[0]; }
  /// Loss and gradients of a batch, or of a part that is `share` of it: both are multiplied by the
  /// share, so that those of all parts add up to the batch's. values [n, C, H, W], targets as
  /// Objective::losses takes them.
  BatchReport gradients(const at::Tensor& values, const at::Tensor& targets, double share = 1);
  void update(double rate);
  /// Where the stage learns sample weights: a step of them on a batch, before its gradients().
  /// `step` counts from 0, `rate` is the one that update() will be given.
  void learn_weights(const at::Tensor& values, const at::Tensor& targets, double rate,
                     int64_t step);
  /// After gradients() on `values`: the first place that overflowed (overflow.h); empty where
  /// loss and gradients are finite.
  [[nodiscard]] std::string overflow(const BatchReport& report, const at::Tensor& values);

  /// What the stage makes of the network: its state, or the average where the stage has one.
  [[nodiscard]] NamedTensors result() const;
  /// A network with such weights, to be evaluated as the stage would.
  [[nodiscard]] std::unique_ptr<TrainableNetwork> network_of(const NamedTensors& result) const {
    return copy_of(result, {.mode = mode_.mode});
  }
  /// Accuracy per exit of result().
  [[nodiscard]] std::vector<double> top1(const Batches& batches, int64_t batch) const;

  [[nodiscard]] StageState state() const;
  /// Goes on after `steps` steps that gave `state`.
  void set_state(const StageState& state, int64_t steps);

 private:
  BatchReport part_gradients(TrainableNetwork& replica, const at::Tensor& values,
                             const at::Tensor& targets, double share) const;
  [[nodiscard]] std::unique_ptr<TrainableNetwork> copy_of(const NamedTensors& params,
                                                          const TrainingMode& mode) const;

  TrainingPath path_;
  TrainingMode mode_;
  std::vector<std::unique_ptr<TrainableNetwork>> replicas_;
  std::unique_ptr<Objective> objective_;
  Sgd sgd_;
  std::optional<WeightAverage> average_;
  WeightingSettings weighting_settings_;
  std::unique_ptr<Weighting> weighting_;                    ///< null: every sample counts 1
  std::vector<std::unique_ptr<TrainableNetwork>> scratch_;  ///< of learn_weights()
};

}  // namespace fovea
