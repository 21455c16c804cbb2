#include "ops/decide/decide.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  return simple_kernel([a = request.node.attributes<Decide>()](const CpuCall& call) {
    const DecisionPoint none;
    const DecisionPoint& point = call.point == nullptr ? none : *call.point;
    const float threshold = point.threshold.value_or(static_cast<float>(a.threshold));
    const auto n = static_cast<size_t>(call.in[0].layout.channels);
    for (int lane = 0; lane < call.lanes.n; ++lane) {
      const auto sample = static_cast<size_t>(call.lanes.samples[lane]);
      int64_t choice = 0;
      // -1: the recorded run did not come here; then the rule decides.
      if (!point.replay.empty() && point.replay[sample] >= 0) {
        choice = point.replay[sample];
      } else if (point.force) {
        choice = *point.force;
      } else {
        choice = decide_choice(a, {call.lanes.blocks[lane] + call.in[0].offset, n}, threshold);
      }
      call.lanes.blocks[lane][call.out[0].offset] = static_cast<float>(choice);
      if (!point.trace.empty()) point.trace[sample] = choice;
    }
  });
}

}  // namespace

const CpuOp& cpu_decide() {
  static const CpuOp op{.kernels = {{.name = "rows", .make = make}}};
  return op;
}

}  // namespace fovea
