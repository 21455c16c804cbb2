#include "graph/score.h"
#include "ops/facet_ref.h"
#include "ops/softmax/softmax.h"

namespace fovea {
namespace {

void run(const RefCall& call) {
  const int64_t c = call.node.input(0)[0];
  for (int64_t i = 0; i < call.n; ++i) {
    softmax_of(
        call.in[0].data<float>().subspan(static_cast<size_t>(i * c), static_cast<size_t>(c)),
        call.out[0].data<float>().subspan(static_cast<size_t>(i * c), static_cast<size_t>(c)));
  }
}

}  // namespace

RefOp ref_softmax() { return {run}; }

}  // namespace fovea
