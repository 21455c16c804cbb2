// Learned weights of samples: what every sample's loss counts at every exit.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/tensor.h"
#include "learner/weighting_settings.h"

namespace fovea {

/// value = tanh(W2·relu(W1·losses + b1) + b2), one number for each exit; weights are 1 + reach·
/// (value − mean of the batch's values), so that they are 1 on average (L2W-DEN, specs/survey.md
/// 4.1). W2 begins at zero: the first weights are all 1. Trained by Adam (Kingma and Ba 2015), on
/// the CPU; results are where the losses are. Thread-safety: const functions may be used by many
/// threads.
class Weighting {
 public:
  Weighting(const WeightingSettings& settings, int n_exits);

  /// Weights [N, exits] for losses [N, exits], both without gradients.
  [[nodiscard]] at::Tensor weights(const at::Tensor& losses) const;
  /// Adds to the gradients of the weighting network what `weight_grads` [N, exits] mean for the
  /// weights() of `losses`.
  void backward(const at::Tensor& losses, const at::Tensor& weight_grads);
  /// One step of Adam; gradients are zero afterwards.
  void step();

  /// Everything that training changes, by name.
  [[nodiscard]] NamedTensors state() const;
  /// Throws Error (kBadInput) where it is another network's.
  void set_state(const NamedTensors& state);

 private:
  [[nodiscard]] at::Tensor forward(const at::Tensor& losses) const;
  struct Part {
    std::string name;
    at::Tensor value, mean, variance;  ///< and Adam's moments
  };
  [[nodiscard]] const at::Tensor& part(size_t i) const { return parts_[i].value; }

  WeightingSettings settings_;
  std::vector<Part> parts_;  ///< W1, b1, W2, b2
  int64_t steps_ = 0;
};

}  // namespace fovea
