#include "ops/facet_torch.h"
#include "ops/slice/slice.h"

namespace fovea {
namespace {

void run_slice(TorchCall& call) {
  const auto& a = call.node.attributes<Slice>();
  call.out[0] = call.in[0].narrow(a.axis + 1, a.begin, a.end - a.begin);
}

void run_flatten(TorchCall& call) { call.out[0] = call.in[0].reshape({call.n, -1}); }

}  // namespace

TorchOp torch_slice() { return {run_slice}; }
TorchOp torch_flatten() { return {run_flatten}; }

}  // namespace fovea
