#include "ops/decide/decide.h"
#include "ops/facet_ref.h"

namespace fovea {
namespace {

void run(const RefCall& call) {
  const auto& a = call.node.attributes<Decide>();
  const int64_t n = call.node.input(0)[0];
  const int64_t choices = call.node.output()[0];
  const DecisionAnswer none;
  const DecisionAnswer& answer = call.answer == nullptr ? none : *call.answer;
  const float threshold = answer.threshold.value_or(static_cast<float>(a.threshold));
  for (int64_t i = 0; i < call.n; ++i) {
    const auto scores =
        call.in[0].data<float>().subspan(static_cast<size_t>(i * n), static_cast<size_t>(n));
    int64_t choice = decide_choice(a, scores, threshold);
    if (answer.force) choice = *answer.force;
    // -1: the recorded run did not come here; then the rule decides.
    if (!answer.replay.empty() && answer.replay[static_cast<size_t>(i)] >= 0) {
      choice = answer.replay[static_cast<size_t>(i)];
    }
    if (call.mode != Mode::kSoft) {
      call.out[0].data<int64_t>()[static_cast<size_t>(i)] = choice;
      continue;
    }
    const auto weights = call.out[0].data<float>().subspan(static_cast<size_t>(i * choices),
                                                           static_cast<size_t>(choices));
    decide_weights(a, scores, threshold, weights);
  }
}

}  // namespace

RefOp ref_decide() { return {run}; }

}  // namespace fovea
