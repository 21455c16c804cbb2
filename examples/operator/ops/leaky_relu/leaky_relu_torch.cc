#include <ATen/ops/leaky_relu.h>

#include "ops/facet_torch.h"
#include "ops/leaky_relu/leaky_relu.h"

namespace fovea {

TorchOp torch_leaky_relu() {
  return {[](TorchCall& call) {
    call.out[0] = at::leaky_relu(call.in[0], call.node.attributes<LeakyRelu>().slope);
  }};
}

}  // namespace fovea
