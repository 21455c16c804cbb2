#include "ops/add/add.h"
#include "ops/cpu/simple.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

template <cpu::BinaryOp kOp>
std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  return simple_kernel(
      [activation = request.activation, isa = cpu::find_isa(request.isa)](const CpuCall& call) {
        cpu::binary(isa, call.lanes, kOp, activation, call.in[0], call.in[1], call.out[0]);
      });
}

}  // namespace

const CpuOp& cpu_add() {
  static const CpuOp op{.kernels = {{.name = "planes", .make = make<cpu::BinaryOp::kAdd>}},
                        .fuses_activation = true};
  return op;
}
const CpuOp& cpu_multiply() {
  static const CpuOp op{.kernels = {{.name = "planes", .make = make<cpu::BinaryOp::kMul>}},
                        .fuses_activation = true};
  return op;
}

}  // namespace fovea
