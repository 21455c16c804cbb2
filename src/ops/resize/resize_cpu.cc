#include <algorithm>

#include "ops/cpu/simple.h"
#include "ops/resize/resize.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

/// The two taps of an axis of a mode that has at most two.
cpu::ResizeAxis two_taps(const ResizeAxis& axis) {
  cpu::ResizeAxis out;
  for (int64_t o = 0; o < axis.n_out; ++o) {
    const auto at = static_cast<size_t>(o * axis.taps);
    out.i0.push_back(axis.index[at]);
    out.i1.push_back(axis.taps == 2 ? axis.index[at + 1] : axis.index[at]);
    out.w.push_back(axis.taps == 2 ? axis.weight[at + 1] : 0.0F);
  }
  return out;
}

class ResizeKernel final : public CpuKernel {
 public:
  explicit ResizeKernel(cpu::ResizePlan plan) : plan_(std::move(plan)) {}
  void run(const CpuCall& call) const override {
    call.work->add(call.lanes, 0);
    plan_.run(call.lanes, call.in[0].offset, call.out[0].offset, call.scratch);
  }
  [[nodiscard]] int64_t scratch_floats() const override { return plan_.scratch_floats(); }
  [[nodiscard]] int64_t constant_bytes() const override { return plan_.constant_bytes(); }

 private:
  cpu::ResizePlan plan_;
};

std::unique_ptr<CpuKernel> make_two_taps(const KernelRequest& request, std::string& refusal) {
  const auto& a = request.node.attributes<Resize>();
  if (a.mode == ResizeMode::kArea) {
    refusal = "area reads more than two taps an axis";
    return nullptr;
  }
  const Shape& in = request.node.input(0);
  const Shape& out = request.node.output();
  return std::make_unique<ResizeKernel>(cpu::ResizePlan(
      cpu::find_isa(request.isa), request.in[0].layout, request.out[0].layout,
      two_taps(resize_axis(a.mode, in[1], out[1])), two_taps(resize_axis(a.mode, in[2], out[2]))));
}

/// Any number of taps, one output element after the other.
std::unique_ptr<CpuKernel> make_taps(const KernelRequest& request, std::string& /*refusal*/) {
  const auto& a = request.node.attributes<Resize>();
  const Shape& in = request.node.input(0);
  const Shape& out = request.node.output();
  return simple_kernel([rows = resize_axis(a.mode, in[1], out[1]),
                        columns = resize_axis(a.mode, in[2], out[2])](const CpuCall& call) {
    const PlaneLayout& from = call.in[0].layout;
    const PlaneLayout& to = call.out[0].layout;
    for (int lane = 0; lane < call.lanes.n; ++lane) {
      const float* src = call.lanes.blocks[lane] + call.in[0].offset;
      float* dst = call.lanes.blocks[lane] + call.out[0].offset;
      std::fill_n(dst, to.floats(), 0.0F);
      for (int64_t i = 0; i < to.channels * to.height * to.width; ++i) {
        const int64_t c = i / (to.height * to.width);
        const int64_t y = i / to.width % to.height;
        const int64_t x = i % to.width;
        float sum = 0;
        for (int64_t r = y * rows.taps; r < (y + 1) * rows.taps; ++r) {
          const auto ry = static_cast<size_t>(r);
          if (rows.weight[ry] == 0) continue;
          const float* line = src + c * from.plane_stride + rows.index[ry] * from.row_stride;
          float row_sum = 0;
          for (int64_t k = x * columns.taps; k < (x + 1) * columns.taps; ++k) {
            const auto kx = static_cast<size_t>(k);
            if (columns.weight[kx] != 0) row_sum += columns.weight[kx] * line[columns.index[kx]];
          }
          sum += rows.weight[ry] * row_sum;
        }
        dst[c * to.plane_stride + y * to.row_stride + x] = sum;
      }
    }
  });
}

}  // namespace

const CpuOp& cpu_resize() {
  static const CpuOp op{.kernels = {{.name = "two_taps", .make = make_two_taps},
                                    {.name = "taps", .make = make_taps}}};
  return op;
}

}  // namespace fovea
