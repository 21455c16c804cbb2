#include <algorithm>

#include "ops/cpu/simple.h"
#include "ops/simple_kernel.h"
#include "ops/slice/slice.h"

namespace fovea {
namespace {

/// Offset of element i (row-major over the per-cell shape) in a layout.
int64_t place_of(const PlaneLayout& layout, int64_t i) {
  const int64_t map = layout.height * layout.width;
  return i / map * layout.plane_stride + i % map / layout.width * layout.row_stride +
         i % layout.width;
}

/// Ranges of any axis, element by element. The plan makes a range of channels a view, without work.
std::unique_ptr<CpuKernel> make_slice(const KernelRequest& request, std::string& /*refusal*/) {
  const auto& a = request.node.attributes<Slice>();
  const Shape& in = request.node.input(0);
  int64_t outer = 1;
  int64_t inner = 1;
  for (int d = 0; d < in.rank(); ++d) (d < a.axis ? outer : inner) *= d == a.axis ? 1 : in[d];
  const int64_t extent = in[static_cast<int>(a.axis)];
  return simple_kernel([a, outer, inner, extent](const CpuCall& call) {
    const PlaneLayout& from = call.in[0].layout;
    const PlaneLayout& to = call.out[0].layout;
    const int64_t length = (a.end - a.begin) * inner;
    for (int lane = 0; lane < call.lanes.n; ++lane) {
      const float* src = call.lanes.blocks[lane] + call.in[0].offset;
      float* dst = call.lanes.blocks[lane] + call.out[0].offset;
      std::fill_n(dst, to.floats(), 0.0F);
      for (int64_t i = 0; i < outer * length; ++i) {
        const int64_t from_element = (i / length * extent + a.begin) * inner + i % length;
        dst[place_of(to, i)] = src[place_of(from, from_element)];
      }
    }
  });
}

std::unique_ptr<CpuKernel> make_flatten(const KernelRequest& request, std::string& /*refusal*/) {
  return simple_kernel([isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    if (call.in[0].offset == call.out[0].offset) return;  // a view
    cpu::copy(isa, call.lanes, call.in[0], call.out[0]);
  });
}

}  // namespace

const CpuOp& cpu_slice() {
  static const CpuOp op{.kernels = {{.name = "elements", .make = make_slice}}};
  return op;
}
const CpuOp& cpu_flatten() {
  static const CpuOp op{.kernels = {{.name = "copy", .make = make_flatten}}};
  return op;
}

}  // namespace fovea
