#include <algorithm>
#include <cmath>

#include "ops/facet_ref.h"
#include "ops/relu/relu.h"

namespace fovea {
namespace {

template <typename F>
void each(const RefCall& call, F f) {
  const auto src = call.in[0].data<float>();
  std::transform(src.begin(), src.end(), call.out[0].f(), f);
}

// NaN stays NaN: the comparison that fails keeps x.
float relu(float x) { return x < 0 ? 0.0F : x; }

}  // namespace

RefOp ref_relu() {
  return {[](const RefCall& call) { each(call, relu); }};
}
RefOp ref_relu6() {
  return {[](const RefCall& call) {
    each(call, [](float x) { return relu(x) > 6 ? 6.0F : relu(x); });
  }};
}
RefOp ref_sigmoid() {
  return {[](const RefCall& call) {
    each(call, [](float x) {
      return static_cast<float>(1.0 / (1.0 + std::exp(-static_cast<double>(x))));
    });
  }};
}

}  // namespace fovea
