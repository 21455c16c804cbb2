#include <cmath>

#include "ops/cpu/simple.h"
#include "ops/relu/relu.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

template <Activation kActivation>
std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  return simple_kernel([isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    cpu::activate(isa, call.lanes, kActivation, call.in[0], call.out[0]);
  });
}

/// Zeros outside the map would become 0.5, so rows are walked one by one.
std::unique_ptr<CpuKernel> make_sigmoid(const KernelRequest& request, std::string& /*refusal*/) {
  return simple_kernel([isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    cpu::activate(isa, call.lanes, Activation::kNone, call.in[0], call.out[0]);
    const PlaneLayout& layout = call.out[0].layout;
    for (int lane = 0; lane < call.lanes.n; ++lane) {
      float* base = call.lanes.blocks[lane] + call.out[0].offset;
      for (int64_t row = 0; row < layout.channels * layout.height; ++row) {
        float* at = base + row / layout.height * layout.plane_stride +
                    row % layout.height * layout.row_stride;
        for (int64_t x = 0; x < layout.width; ++x) {
          at[x] = static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(at[x]))));
        }
      }
    }
  });
}

}  // namespace

const CpuOp& cpu_relu() {
  static const CpuOp op{.kernels = {{.name = "planes", .make = make<Activation::kRelu>}}};
  return op;
}
const CpuOp& cpu_relu6() {
  static const CpuOp op{.kernels = {{.name = "planes", .make = make<Activation::kRelu6>}}};
  return op;
}
const CpuOp& cpu_sigmoid() {
  static const CpuOp op{.kernels = {{.name = "rows", .make = make_sigmoid}}};
  return op;
}

}  // namespace fovea
