#include "ops/cpu/simple.h"
#include "ops/pool/pool.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

template <cpu::PoolKind kKind>
std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  const auto& a = request.node.attributes<Pool2d>();
  const cpu::PoolShape shape{.kind = kKind,
                             .kh = a.kernel.h,
                             .kw = a.kernel.w,
                             .stride_y = a.stride.h,
                             .stride_x = a.stride.w,
                             .pad_top = a.pad.h,
                             .pad_left = a.pad.w,
                             .pad_bottom = a.pad.h,
                             .pad_right = a.pad.w};
  return simple_kernel(
      [shape, isa = cpu::find_isa(request.isa)](const CpuCall& call) {
        cpu::pool(isa, call.lanes, shape, call.in[0], call.out[0], call.scratch);
      },
      cpu::pool_scratch_floats(request.out[0].layout));
}

std::unique_ptr<CpuKernel> make_mean(const KernelRequest& request, std::string& /*refusal*/) {
  return simple_kernel([isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    cpu::mean_hw(isa, call.lanes, call.in[0], call.out[0]);
  });
}

}  // namespace

const CpuOp& cpu_max_pool2d() {
  static const CpuOp op{.kernels = {{.name = "windows", .make = make<cpu::PoolKind::kMax>}}};
  return op;
}
const CpuOp& cpu_avg_pool2d() {
  static const CpuOp op{.kernels = {{.name = "windows", .make = make<cpu::PoolKind::kAverage>}}};
  return op;
}
const CpuOp& cpu_mean_hw() {
  static const CpuOp op{.kernels = {{.name = "planes", .make = make_mean}}};
  return op;
}

}  // namespace fovea
