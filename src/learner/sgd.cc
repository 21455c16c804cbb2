#include "learner/sgd.h"

#include <ATen/core/grad_mode.h>

namespace fovea {

void Sgd::step(at::Tensor& params, const at::Tensor& grads, double rate) {
  const at::AutoGradMode grad(false);
  at::Tensor direction =
      settings_.weight_decay == 0 ? grads.clone() : grads.add(params, settings_.weight_decay);
  if (settings_.momentum != 0) {
    if (!buffer_.defined()) {
      buffer_ = direction.clone();
    } else {
      buffer_.mul_(settings_.momentum).add_(direction, 1 - settings_.dampening);
    }
    direction =
        settings_.nesterov == Nesterov::kYes ? direction.add(buffer_, settings_.momentum) : buffer_;
  }
  params.add_(direction, -rate);
}

}  // namespace fovea
