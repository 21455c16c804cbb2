#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/convolution.h>

#include "ops/conv2d/conv2d.h"
#include "ops/facet_torch.h"

namespace fovea {
namespace {

void run(TorchCall& call) {
  const auto& a = call.node.attributes<Conv2d>();
  at::Tensor src = call.in[0];
  std::vector<int64_t> pad{a.pad.top, a.pad.left};
  if (a.pad.top != a.pad.bottom || a.pad.left != a.pad.right) {
    src = at::constant_pad_nd(src, {a.pad.left, a.pad.right, a.pad.top, a.pad.bottom}, 0);
    pad = {0, 0};
  }
  c10::optional<at::Tensor> bias;
  if (a.bias == Bias::kPresent) bias = call.params[1];
  call.out[0] =
      at::convolution(src, call.params[0], bias, {a.stride.h, a.stride.w}, pad,
                      {a.dilation.h, a.dilation.w}, /*transposed=*/false, {0, 0}, a.groups);
  call.macs_per_cell = call.params[0].numel() * call.out[0].size(2) * call.out[0].size(3);
}

}  // namespace

TorchOp torch_conv2d() { return {run}; }

}  // namespace fovea
