#include <algorithm>

#include "ops/facet_ref.h"
#include "ops/slice/slice.h"

namespace fovea {
namespace {

void run_slice(const RefCall& call) {
  const auto& a = call.node.attributes<Slice>();
  const Shape& in = call.node.input(0);
  int64_t outer = call.n;
  int64_t inner = 1;
  for (int d = 0; d < in.rank(); ++d) (d < a.axis ? outer : inner) *= d == a.axis ? 1 : in[d];
  const int64_t extent = in[static_cast<int>(a.axis)];
  float* dst = call.out[0].f();
  for (int64_t i = 0; i < outer; ++i) {
    dst = std::copy_n(call.in[0].f() + (i * extent + a.begin) * inner, (a.end - a.begin) * inner,
                      dst);
  }
}

void run_flatten(const RefCall& call) {
  std::copy_n(call.in[0].f(), call.in[0].numel(), call.out[0].f());
}

}  // namespace

RefOp ref_slice() { return {run_slice}; }
RefOp ref_flatten() { return {run_flatten}; }

}  // namespace fovea
