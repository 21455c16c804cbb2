#include <algorithm>

#include "ops/concat/concat.h"
#include "ops/facet_ref.h"

namespace fovea {
namespace {

void run(const RefCall& call) {
  float* dst = call.out[0].f();
  for (int64_t n = 0; n < call.n; ++n) {
    for (size_t i = 0; i < call.in.size(); ++i) {
      const int64_t size = call.node.input(static_cast<int>(i)).numel();
      dst = std::copy_n(call.in[i].f() + n * size, size, dst);
    }
  }
}

}  // namespace

RefOp ref_concat() { return {run}; }

}  // namespace fovea
