#include <ATen/ops/batch_norm.h>

#include "ops/batch_norm/batch_norm.h"
#include "ops/batch_norm/joint_norm_torch.h"
#include "ops/facet_torch.h"

namespace fovea {
namespace {

void run(TorchCall& call) {
  const auto& a = call.node.attributes<BatchNorm>();
  const bool training = call.phase == Phase::kTraining;
  if (training && call.peers != nullptr) {
    joint_batch_norm(call);
    return;
  }
  // The unbiased variance of one value does not exist.
  require(!training || call.in[0].numel() > call.in[0].size(1), call.node,
          "training normalises over more than one value a channel", "a batch of at least 2",
          std::to_string(call.n));
  call.out[0] = at::batch_norm(call.in[0], call.params[0], call.params[1], call.params[2],
                               call.params[3], training, a.momentum, a.eps, /*cudnn_enabled=*/true);
  if (training) call.params[4].add_(1);
}

}  // namespace

TorchOp torch_batch_norm() { return {run}; }

}  // namespace fovea
