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

/// Weighted sum over exits of the mean cross-entropy (specs/ranet.md 7.2: all weights 1).
[[nodiscard]] std::unique_ptr<Objective> make_multi_exit(const ObjectiveSettings& settings,
                                                         int n_exits);

}  // namespace fovea
