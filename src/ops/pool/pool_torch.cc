#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mean.h>

#include <limits>

#include "ops/facet_torch.h"
#include "ops/pool/pool.h"

namespace fovea {
namespace {

struct Padded {
  at::Tensor src;
  std::vector<int64_t> pad;
};

/// LibTorch pads by at most half a window itself.
Padded padded(const TorchCall& call, float fill) {
  const auto& a = call.node.attributes<Pool2d>();
  if (2 * a.pad.h <= a.kernel.h && 2 * a.pad.w <= a.kernel.w) {
    return {call.in[0], {a.pad.h, a.pad.w}};
  }
  return {at::constant_pad_nd(call.in[0], {a.pad.w, a.pad.w, a.pad.h, a.pad.h}, fill), {0, 0}};
}

void run_max(TorchCall& call) {
  const auto& a = call.node.attributes<Pool2d>();
  const Padded in = padded(call, -std::numeric_limits<float>::infinity());
  call.out[0] = at::max_pool2d(in.src, {a.kernel.h, a.kernel.w}, {a.stride.h, a.stride.w}, in.pad);
}

void run_avg(TorchCall& call) {
  const auto& a = call.node.attributes<Pool2d>();
  const Padded in = padded(call, 0.0F);
  call.out[0] = at::avg_pool2d(in.src, {a.kernel.h, a.kernel.w}, {a.stride.h, a.stride.w}, in.pad,
                               /*ceil_mode=*/false, /*count_include_pad=*/true);
}

void run_mean(TorchCall& call) { call.out[0] = at::mean(call.in[0], {2, 3}); }

}  // namespace

TorchOp torch_max_pool2d() { return {run_max}; }
TorchOp torch_avg_pool2d() { return {run_avg}; }
TorchOp torch_mean_hw() { return {run_mean}; }

}  // namespace fovea
