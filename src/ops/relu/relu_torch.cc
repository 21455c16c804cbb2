#include <ATen/ops/hardtanh.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>

#include "ops/facet_torch.h"
#include "ops/relu/relu.h"

namespace fovea {

TorchOp torch_relu() {
  return {[](TorchCall& call) { call.out[0] = at::relu(call.in[0]); }};
}
TorchOp torch_relu6() {
  return {[](TorchCall& call) { call.out[0] = at::hardtanh(call.in[0], 0, 6); }};
}
TorchOp torch_sigmoid() {
  return {[](TorchCall& call) { call.out[0] = at::sigmoid(call.in[0]); }};
}

}  // namespace fovea
