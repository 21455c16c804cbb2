// Objectives: what a batch's outputs are worth. One file each in objectives/.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "learner/objective_settings.h"

namespace fovea {

/// The loss of one batch and its parts.
struct LossParts {
  at::Tensor total;                  ///< scalar; backward starts here
  std::vector<at::Tensor> per_exit;  ///< detached scalars

  /// Takes in the next exit's mean loss.
  void add(const at::Tensor& mean, double weight);
};

class Objective {
 public:
  virtual ~Objective() = default;
  /// logits [N,C] of every exit in training, labels I64 [N].
  [[nodiscard]] virtual LossParts loss(const std::vector<at::Tensor>& logits,
                                       const at::Tensor& labels) const = 0;
};

/// The names that `make_objective` knows.
[[nodiscard]] const std::vector<std::string>& objective_names();
/// Throws Error (kUsage) for an unknown kind or a wrong number of weights.
[[nodiscard]] std::unique_ptr<Objective> make_objective(const ObjectiveSettings& settings,
                                                        int n_exits);

/// The weights of the settings, checked: one per exit; all 1 where none are given.
[[nodiscard]] std::vector<double> weights_per_exit(const ObjectiveSettings& settings, int n_exits);

/// Weighted sum over exits of the mean cross-entropy (specs/ranet.md 7.2: all weights 1).
[[nodiscard]] std::unique_ptr<Objective> make_multi_exit(const ObjectiveSettings& settings,
                                                         int n_exits);
/// Exits learn from the last one too: (1-a) CE + a T^2 KL(p_last || p_exit) at temperature T, with
/// no gradient into p_last; the last exit has CE alone (one-for-all distillation,
/// specs/survey.md 4.1).
[[nodiscard]] std::unique_ptr<Objective> make_distillation(const ObjectiveSettings& settings,
                                                           int n_exits);
/// For networks whose logits add up over exits (setting `boosted`): the cross-entropy of each exit
/// moves only what this exit adds, as in boosting (BoostNet, specs/survey.md 4.1).
[[nodiscard]] std::unique_ptr<Objective> make_boosted(const ObjectiveSettings& settings,
                                                      int n_exits);

}  // namespace fovea
