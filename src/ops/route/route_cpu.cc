#include <algorithm>
#include <array>

#include "ops/cpu/simple.h"
#include "ops/route/route.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

/// Lanes that go to one body: a shorter list of the same pointers.
struct Chosen {
  std::array<float*, kMaxLanes> blocks;
  std::array<int64_t, kMaxLanes> samples;
  std::array<int64_t*, kMaxLanes> macs;
  int n = 0;
  void add(const Lanes& from, int lane) {
    const auto i = static_cast<size_t>(n++);
    blocks[i] = from.blocks[lane];
    samples[i] = from.samples[lane];
    macs[i] = from.macs[lane];
  }
  [[nodiscard]] Lanes lanes() const {
    return {.blocks = blocks.data(), .samples = samples.data(), .macs = macs.data(), .n = n};
  }
};

std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  const bool residual = request.node.attributes<Route>().combine == Combine::kResidual;
  const auto n_bodies = static_cast<int>(request.node.node().bodies.size());
  const int64_t choices = request.node.input(0)[0];
  std::vector<int> body_of;
  for (int64_t choice = 0; choice < choices; ++choice)
    body_of.push_back(body_of_choice(request.node, choice));
  return simple_kernel([residual, n_bodies, body_of = std::move(body_of),
                        isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    for (int body = -1; body < n_bodies; ++body) {
      Chosen chosen;
      for (int lane = 0; lane < call.lanes.n; ++lane) {
        const auto choice = static_cast<size_t>(call.lanes.blocks[lane][call.in[0].offset]);
        if (body_of[choice] == body) chosen.add(call.lanes, lane);
      }
      if (chosen.n == 0) continue;
      const Lanes lanes = chosen.lanes();
      if (body < 0) {
        cpu::copy(isa, lanes, call.in[1], call.out[0]);
        continue;
      }
      call.bodies->run(body, lanes);
      const std::span<const ValueRef> results = call.bodies->results(body);
      for (size_t k = 0; k < results.size(); ++k) {
        if (residual) {
          cpu::binary(isa, lanes, cpu::BinaryOp::kAdd, Activation::kNone, call.in[1], results[k],
                      call.out[k]);
        } else {
          cpu::copy(isa, lanes, results[k], call.out[k]);
        }
      }
    }
  });
}

}  // namespace

const CpuOp& cpu_route() {
  static const CpuOp op{.kernels = {{.name = "pointers", .make = make}}};
  return op;
}

}  // namespace fovea
