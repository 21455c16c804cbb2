// Objectives: what a batch's outputs are worth. One file each in objectives/.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/graph.h"
#include "learner/objective_settings.h"

namespace fovea {

/// The loss of one batch and its parts.
struct LossParts {
  at::Tensor total;                  ///< scalar; backward starts here
  std::vector<at::Tensor> per_exit;  ///< detached scalars: means without any weights
};

/// Thread-safety: may be used by many threads.
class Objective {
 public:
  explicit Objective(std::vector<double> exit_weights) : exit_weights_(std::move(exit_weights)) {}
  virtual ~Objective() = default;

  /// What every sample costs at every exit: [N] each, part of autograd. logits [N,C] of every exit
  /// in training; targets I64 [N] (classes), or F32 [N,C] (shares of classes, as mixup makes them).
  [[nodiscard]] virtual std::vector<at::Tensor> losses(const std::vector<at::Tensor>& logits,
                                                       const at::Tensor& targets) const = 0;
  /// The sum over exits of exit weight times mean over samples. `sample_weights` [N, exits]:
  /// factors of the samples' losses; undefined: all 1.
  [[nodiscard]] LossParts combine(const std::vector<at::Tensor>& losses,
                                  const at::Tensor& sample_weights = {}) const;
  [[nodiscard]] const std::vector<double>& exit_weights() const { return exit_weights_; }
  [[nodiscard]] LossParts loss(const std::vector<at::Tensor>& logits,
                               const at::Tensor& targets) const {
    return combine(losses(logits, targets));
  }

 private:
  std::vector<double> exit_weights_;
};

/// Throws Error (kUsage) for an unknown kind or a wrong number of weights.
[[nodiscard]] std::unique_ptr<Objective> make_objective(const ObjectiveSettings& settings,
                                                        int n_exits);

/// Throws Error (kUsage) where make_objective() does, and where the objective asks of the network
/// what it does not have: `boosted` needs logits that add up over exits.
void check_objective(const ObjectiveSettings& settings, const Graph& graph);

/// The weights of the settings, checked: one per exit; all 1 where none are given.
[[nodiscard]] std::vector<double> weights_per_exit(const ObjectiveSettings& settings, int n_exits);

/// Cross-entropy of every sample [N] against classes or shares of classes.
[[nodiscard]] at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& targets,
                                       double label_smoothing);

/// Cross-entropy at every exit (specs/ranet.md 7.2: all weights 1).
[[nodiscard]] std::unique_ptr<Objective> make_multi_exit(const ObjectiveSettings& settings,
                                                         int n_exits);
/// Exits learn from the last one too: (1-a) CE + a T^2 KL(p_last || p_exit) at temperature T, with
/// no gradient into p_last; the last exit has CE alone (one-for-all distillation,
/// specs/survey.md 4.1).
[[nodiscard]] std::unique_ptr<Objective> make_distillation(const ObjectiveSettings& settings,
                                                           int n_exits);
/// For networks whose logits add up over exits (setting `boosted`): the cross-entropy of each exit
/// moves only what this exit adds, as in boosting (BoostNet, specs/survey.md 4.1, with all
/// temperatures 1).
[[nodiscard]] std::unique_ptr<Objective> make_boosted(const ObjectiveSettings& settings,
                                                      int n_exits);

}  // namespace fovea
