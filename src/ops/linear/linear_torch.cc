#include <ATen/ops/linear.h>

#include "ops/facet_torch.h"
#include "ops/linear/linear.h"

namespace fovea {
namespace {

void run(TorchCall& call) {
  c10::optional<at::Tensor> bias;
  if (call.node.attributes<Linear>().bias == Bias::kPresent) bias = call.params[1];
  call.out[0] = at::linear(call.in[0], call.params[0], bias);
  call.macs_per_cell = call.params[0].numel();
}

}  // namespace

TorchOp torch_linear() { return {run}; }

}  // namespace fovea
