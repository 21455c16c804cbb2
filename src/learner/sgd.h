// Stochastic gradient descent with momentum, as the published programs update.
#pragma once

#include <ATen/core/Tensor.h>

#include "learner/sgd_settings.h"

namespace fovea {

/// Works on flat buffers. Not thread-safe.
class Sgd {
 public:
  explicit Sgd(SgdSettings settings) : settings_(settings) {}
  void step(at::Tensor& params, const at::Tensor& grads, double rate);
  /// Undefined before the first step.
  [[nodiscard]] const at::Tensor& buffer() const { return buffer_; }
  void set_buffer(at::Tensor buffer) { buffer_ = std::move(buffer); }

 private:
  SgdSettings settings_;
  at::Tensor buffer_;
};

}  // namespace fovea
