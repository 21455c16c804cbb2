#include "ops/concat/concat.h"
#include "ops/cpu/simple.h"
#include "ops/simple_kernel.h"

namespace fovea {
namespace {

/// The place of a part inside the result.
ValueRef part_of(const ValueRef& out, const PlaneLayout& part, int64_t floats_before) {
  ValueRef ref{.offset = out.offset + floats_before, .layout = out.layout};
  ref.layout.channels = part.channels;
  return ref;
}

/// Copies the parts that do not stand in the result already: the plan places a part there where it
/// can, and such a part is no work.
std::unique_ptr<CpuKernel> make(const KernelRequest& request, std::string& /*refusal*/) {
  return simple_kernel([isa = cpu::find_isa(request.isa)](const CpuCall& call) {
    int64_t floats_before = 0;
    for (const ValueRef& in : call.in) {
      const ValueRef place = part_of(call.out[0], in.layout, floats_before);
      floats_before += place.layout.floats();
      if (place.offset != in.offset) cpu::copy(isa, call.lanes, in, place);
    }
  });
}

}  // namespace

const CpuOp& cpu_concat() {
  static const CpuOp op{.kernels = {{.name = "in_place", .make = make}}};
  return op;
}

}  // namespace fovea
