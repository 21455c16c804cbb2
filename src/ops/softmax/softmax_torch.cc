#include <ATen/ops/softmax.h>

#include "ops/facet_torch.h"
#include "ops/softmax/softmax.h"

namespace fovea {

TorchOp torch_softmax() {
  return {[](TorchCall& call) { call.out[0] = at::softmax(call.in[0], 1); }};
}

}  // namespace fovea
