#include <ATen/ops/add.h>
#include <ATen/ops/mul.h>

#include "ops/add/add.h"
#include "ops/facet_torch.h"

namespace fovea {
namespace {

/// b with trailing extents of 1 where it is one value a channel.
at::Tensor broadcastable(const TorchCall& call) {
  const Shape& a = call.node.input(0);
  const Shape& b = call.node.input(1);
  if (a.rank() == 3 && b.rank() == 1) return call.in[1].reshape({call.n, b[0], 1, 1});
  return call.in[1];
}

}  // namespace

TorchOp torch_add() {
  return {[](TorchCall& call) { call.out[0] = at::add(call.in[0], broadcastable(call)); }};
}
TorchOp torch_multiply() {
  return {[](TorchCall& call) { call.out[0] = at::mul(call.in[0], broadcastable(call)); }};
}

}  // namespace fovea
