#include <algorithm>

#include "ops/conv2d/conv2d.h"
#include "ops/cpu/conv.h"
#include "ops/facet_cpu.h"

namespace fovea {
namespace {

class ConvKernel final : public CpuKernel {
 public:
  explicit ConvKernel(cpu::ConvPlan plan) : plan_(std::move(plan)) {}
  void run(const CpuCall& call) const override {
    call.work->add(call.lanes,
                   plan_.run(call.lanes, call.in[0].offset, call.out[0].offset, call.scratch));
  }
  [[nodiscard]] int64_t scratch_floats() const override { return plan_.scratch_floats(); }
  [[nodiscard]] int64_t constant_bytes() const override { return plan_.constant_bytes(); }

 private:
  cpu::ConvPlan plan_;
};

cpu::ConvShape shape_of(const KernelRequest& request) {
  const auto& a = request.node.attributes<Conv2d>();
  return {.ic = request.node.input(0)[0],
          .oc = a.channels,
          .kh = a.kernel.h,
          .kw = a.kernel.w,
          .stride_y = a.stride.h,
          .stride_x = a.stride.w,
          .dilation_y = a.dilation.h,
          .dilation_x = a.dilation.w,
          .groups = a.groups,
          .pad_top = a.pad.top,
          .pad_left = a.pad.left,
          .in = request.in[0].layout,
          .out = request.out[0].layout};
}

/// The engine where it accepts the shape and no other is estimated to be faster.
template <cpu::ConvEngine kEngine>
std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& refusal) {
  const cpu::ConvShape shape = shape_of(request);
  if (const auto reason = cpu::ConvPlan::refuses(kEngine, shape)) {
    refusal = *reason;
    return nullptr;
  }
  const cpu::Isa isa = cpu::find_isa(request.isa);
  const cpu::ConvEngine best = cpu::ConvPlan::choose(shape, isa);
  if (best != kEngine) {
    const double ratio =
        cpu::ConvPlan::estimate(kEngine, shape, isa) / cpu::ConvPlan::estimate(best, shape, isa);
    refusal = "estimated " + std::to_string(ratio).substr(0, 4) + " times the time of " +
              std::string(cpu::engine_name(best));
    return nullptr;
  }
  std::span<const float> bias;
  if (request.bias != nullptr) {
    bias = request.bias->data<float>();
  } else if (request.params.size() > 1) {
    bias = request.params[1].data<float>();
  }
  return std::make_unique<ConvKernel>(
      cpu::ConvPlan(shape, request.params[0].data<float>(), bias,
                    {.activation = request.activation, .isa = isa, .engine = kEngine}));
}

/// Largest map for which a strided convolution may run on vectors of channels, which reads the
/// padding from the layout; larger ones bring their own border.
constexpr int64_t kSmallMap = int64_t{32} * 32;

int64_t wanted_gap(const NodeView& node, int /*input*/) {
  const auto& a = node.attributes<Conv2d>();
  const int64_t pad = std::max({a.pad.top, a.pad.left, a.pad.bottom, a.pad.right});
  const bool strided = a.stride.h > 1 || a.stride.w > 1;
  return strided && node.input(0)[1] * node.input(0)[2] > kSmallMap ? 0 : pad;
}

}  // namespace

const CpuOp& cpu_conv2d() {
  static const CpuOp op{.kernels = {{.name = "planar", .make = make<cpu::ConvEngine::kPlanar>},
                                    {.name = "phases", .make = make<cpu::ConvEngine::kPhases>},
                                    {.name = "channels", .make = make<cpu::ConvEngine::kChannels>}},
                        .fuses_activation = true,
                        .wanted_gap = wanted_gap};
  return op;
}

}  // namespace fovea
