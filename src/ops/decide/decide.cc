#include "ops/decide/decide.h"

#include <cmath>

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<Decide>();
  require(!view.input_type(0).decision && view.input(0).rank() == 1, view,
          "scores must be a vector", "[n]");
  const int64_t n = view.input(0)[0];
  if (a.rule == DecisionRule::kArgmax) {
    return {{.shape = {n}, .decision = DecisionKind::kOneOfN}};
  }
  require(a.metric != Metric::kIdentity || n == 1, view,
          "a binary decision on the value itself needs one score", "[1]");
  require(std::isfinite(static_cast<float>(a.threshold)), view,
          "the threshold is no finite number");
  return {{.shape = {2}, .decision = DecisionKind::kBinary}};
}

Cost cost(const NodeView& view) { return {.scalar_ops = view.input(0).numel()}; }

}  // namespace

int64_t decide_choice(const Decide& rule, std::span<const float> scores, float threshold) {
  if (rule.rule == DecisionRule::kArgmax) return first_maximum(scores);
  const float score = score_of(rule.metric, scores);
  return std::isnan(score) || passes(score, threshold) ? 1 : 0;
}

void decide_weights(const Decide& rule, std::span<const float> scores, float threshold,
                    std::span<float> weights) {
  if (rule.rule == DecisionRule::kArgmax) {
    softmax_of(scores, weights);
    return;
  }
  const float p = 1.0F / (1.0F + std::exp(threshold - score_of(rule.metric, scores)));
  weights[0] = 1.0F - p;
  weights[1] = p;
}

const OpDef& op_decide() {
  static const OpDef def{.name = "decide",
                         .summary = "a decision per sample from scores",
                         .attributes = internal::attribute_type<Decide>,
                         .inputs = {"scores"},
                         .infer = infer,
                         .cost = cost};
  return def;
}

}  // namespace fovea
