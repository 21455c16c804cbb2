#include <cmath>

#include "ops/batch_norm/batch_norm.h"
#include "ops/cpu/simple.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& refusal) {
  const PlaneLayout& layout = request.in[0].layout;
  if (request.node.input(0).rank() != 3 && request.node.input(0).rank() != 1) {
    refusal = "only maps and vectors";
    return nullptr;
  }
  const double eps = request.node.attributes<BatchNorm>().eps;
  std::vector<float> scale;
  std::vector<float> shift;
  for (int64_t c = 0; c < layout.channels; ++c) {
    const double factor = static_cast<double>(request.params[0].f()[c]) /
                          std::sqrt(static_cast<double>(request.params[3].f()[c]) + eps);
    scale.push_back(static_cast<float>(factor));
    shift.push_back(static_cast<float>(static_cast<double>(request.params[1].f()[c]) -
                                       static_cast<double>(request.params[2].f()[c]) * factor));
  }
  return simple_kernel([scale = std::move(scale), shift = std::move(shift),
                        activation = request.activation,
                        isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    cpu::scale_shift(isa, call.lanes, scale, shift, activation, call.in[0], call.out[0]);
  });
}

}  // namespace

const CpuOp& cpu_batch_norm() {
  static const CpuOp op{.kernels = {{.name = "scale_shift", .make = make}},
                        .fuses_activation = true};
  return op;
}

}  // namespace fovea
