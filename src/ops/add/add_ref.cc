#include "ops/add/add.h"
#include "ops/facet_ref.h"

namespace fovea {
namespace {

template <typename F>
void each(const RefCall& call, F f) {
  const Shape& a = call.node.input(0);
  const Shape& b = call.node.input(1);
  const int64_t size = a.numel();
  for (int64_t n = 0; n < call.n; ++n) {
    for (int64_t i = 0; i < size; ++i) {
      call.out[0].f()[n * size + i] =
          f(call.in[0].f()[n * size + i], call.in[1].f()[n * b.numel() + broadcast_index(a, b, i)]);
    }
  }
}

}  // namespace

RefOp ref_add() {
  return {[](const RefCall& call) { each(call, [](float x, float y) { return x + y; }); }};
}
RefOp ref_multiply() {
  return {[](const RefCall& call) { each(call, [](float x, float y) { return x * y; }); }};
}

}  // namespace fovea
