#include <ATen/ops/cat.h>

#include "ops/concat/concat.h"
#include "ops/facet_torch.h"

namespace fovea {

TorchOp torch_concat() {
  return {[](TorchCall& call) {
    call.out[0] = at::cat(at::TensorList(call.in.data(), call.in.size()), 1);
  }};
}

}  // namespace fovea
