#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mean.h>

#include "ops/facet_torch.h"
#include "ops/pool/pool.h"

namespace fovea {
namespace {

void run_max(TorchCall& call) {
  const auto& a = call.node.attributes<Pool2d>();
  call.out[0] = at::max_pool2d(call.in[0], {a.kernel.h, a.kernel.w}, {a.stride.h, a.stride.w},
                               {a.pad.h, a.pad.w});
}

void run_avg(TorchCall& call) {
  const auto& a = call.node.attributes<Pool2d>();
  call.out[0] = at::avg_pool2d(call.in[0], {a.kernel.h, a.kernel.w}, {a.stride.h, a.stride.w},
                               {a.pad.h, a.pad.w}, /*ceil_mode=*/false, /*count_include_pad=*/true);
}

void run_mean(TorchCall& call) { call.out[0] = at::mean(call.in[0], {2, 3}); }

}  // namespace

TorchOp torch_max_pool2d() { return {run_max}; }
TorchOp torch_avg_pool2d() { return {run_avg}; }
TorchOp torch_mean_hw() { return {run_mean}; }

}  // namespace fovea
