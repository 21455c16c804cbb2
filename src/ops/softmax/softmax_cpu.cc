#include "graph/score.h"
#include "ops/simple_kernel.h"
#include "ops/softmax/softmax.h"

namespace fovea {
namespace {

std::unique_ptr<CpuKernel> make(const KernelRequest& /*request*/, std::string& /*refusal*/) {
  return simple_kernel([](const CpuCall& call) {
    const auto n = static_cast<size_t>(call.in[0].layout.channels);
    for (int lane = 0; lane < call.lanes.n; ++lane) {
      softmax_of({call.lanes.blocks[lane] + call.in[0].offset, n},
                 {call.lanes.blocks[lane] + call.out[0].offset, n});
    }
  });
}

}  // namespace

const CpuOp& cpu_softmax() {
  static const CpuOp op{.kernels = {{.name = "rows", .make = make}}};
  return op;
}

}  // namespace fovea
