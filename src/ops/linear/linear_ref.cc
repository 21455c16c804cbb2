#include "ops/facet_ref.h"
#include "ops/linear/linear.h"

namespace fovea {
namespace {

void run(const RefCall& call) {
  const auto& a = call.node.attributes<Linear>();
  const int64_t in = call.node.input(0)[0];
  for (int64_t i = 0; i < call.n; ++i) {
    const float* src = call.in[0].f() + i * in;
    for (int64_t o = 0; o < a.features; ++o) {
      double sum = a.bias == Bias::kPresent ? static_cast<double>(call.params[1].f()[o]) : 0.0;
      const float* weight = call.params[0].f() + o * in;
      for (int64_t k = 0; k < in; ++k, ++call.macs[i]) {
        sum += static_cast<double>(weight[k]) * static_cast<double>(src[k]);
      }
      call.out[0].f()[i * a.features + o] = static_cast<float>(sum);
    }
  }
}

}  // namespace

RefOp ref_linear() { return {run}; }

}  // namespace fovea
