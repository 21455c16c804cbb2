#include "ops/cpu/simple.h"
#include "ops/leaky_relu/leaky_relu.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

/// Zeros around a map stay zero, so whole planes are walked, whatever stands in them.
std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  const auto slope = static_cast<float>(request.node.attributes<LeakyRelu>().slope);
  return simple_kernel([slope, isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    cpu::copy(isa, call.lanes, call.in[0], call.out[0]);
    for (int lane = 0; lane < call.lanes.n; ++lane) {
      float* out = call.lanes.blocks[lane] + call.out[0].offset;
      for (int64_t i = 0; i < call.out[0].layout.floats(); ++i) {
        out[i] = out[i] < 0 ? slope * out[i] : out[i];
      }
    }
  });
}

}  // namespace

const CpuOp& cpu_leaky_relu() {
  static const CpuOp op{.kernels = {{.name = "planes", .make = make}}};
  return op;
}

}  // namespace fovea
