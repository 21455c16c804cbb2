#include "ops/cpu/conv.h"
#include "ops/facet_cpu.h"
#include "ops/linear/linear.h"

namespace fovea {
namespace {

class LinearKernel final : public CpuKernel {
 public:
  explicit LinearKernel(cpu::ConvPlan plan) : plan_(std::move(plan)) {}
  void run(const CpuCall& call) const override {
    call.work->add(call.lanes,
                   plan_.run(call.lanes, call.in[0].offset, call.out[0].offset, call.scratch));
  }
  [[nodiscard]] int64_t scratch_floats() const override { return plan_.scratch_floats(); }
  [[nodiscard]] int64_t constant_bytes() const override { return plan_.constant_bytes(); }

 private:
  cpu::ConvPlan plan_;
};

// A linear layer is a 1×1 convolution of a 1×1 map.
std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  const auto& a = request.node.attributes<Linear>();
  const cpu::ConvShape shape{.ic = request.node.input(0)[0],
                             .oc = a.features,
                             .in = request.in[0].layout,
                             .out = request.out[0].layout};
  std::span<const float> bias;
  if (request.bias != nullptr) {
    bias = request.bias->data<float>();
  } else if (request.params.size() > 1) {
    bias = request.params[1].data<float>();
  }
  return std::make_unique<LinearKernel>(cpu::ConvPlan(shape, request.params[0].data<float>(), bias,
                                                      {.activation = request.activation,
                                                       .isa = cpu::find_isa(request.isa),
                                                       .engine = cpu::ConvEngine::kChannels}));
}

}  // namespace

const CpuOp& cpu_linear() {
  static const CpuOp op{.kernels = {{.name = "channels", .make = make}}, .fuses_activation = true};
  return op;
}

}  // namespace fovea
