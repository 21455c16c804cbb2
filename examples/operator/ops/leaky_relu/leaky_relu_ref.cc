#include <algorithm>

#include "ops/facet_ref.h"
#include "ops/leaky_relu/leaky_relu.h"

namespace fovea {

RefOp ref_leaky_relu() {
  return {[](const RefCall& call) {
    const auto slope = static_cast<float>(call.node.attributes<LeakyRelu>().slope);
    const auto src = call.in[0].data<float>();
    std::transform(src.begin(), src.end(), call.out[0].f(),
                   [slope](float x) { return x < 0 ? slope * x : x; });
  }};
}

}  // namespace fovea
