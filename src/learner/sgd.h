// Stochastic gradient descent with momentum, as the published programs update.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace fovea {

enum class Nesterov : uint8_t { kNo, kYes };

/// d = grad + weight_decay·p; buffer = d at the first step, later momentum·buffer +
/// (1 − dampening)·d; p −= rate·buffer, or with Nesterov p −= rate·(d + momentum·buffer)
/// (specs/ranet.md 7.1). Weight decay holds for all parameters.
struct SgdSettings {
  double momentum = 0.9;
  double weight_decay = 1e-4;
  double dampening = 0;
  Nesterov nesterov = Nesterov::kNo;
};

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
