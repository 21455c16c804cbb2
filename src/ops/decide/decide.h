// Scores -> a decision. The node's name is the name of the decision point.
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"
#include "graph/score.h"

namespace fovea {

enum class DecisionRule : uint8_t {
  kThreshold,  ///< binary: 1 where the score passes the threshold; NaN decides 1 (do the work)
  kArgmax,     ///< one of n: index of the first maximum
};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<DecisionRule>{"threshold", "argmax"};

/// scores [n] -> decision. Threshold: binary, scored by `metric` (identity: n = 1). Argmax: one of
/// n bodies (specs/survey.md 7.2, DECIDE). A policy's point of this name overrides the threshold
/// or forces a choice.
struct Decide {
  DecisionRule rule = DecisionRule::kThreshold;
  Metric metric = Metric::kIdentity;
  double threshold = 0;

  static constexpr auto fields() {
    return std::tuple{
        Field{"rule", &Decide::rule, "how scores become a choice"},
        Field{"metric", &Decide::metric, "score of a binary decision"},
        Field{"threshold", &Decide::threshold, "binary: chosen where score >= threshold"}};
  }
  bool operator==(const Decide&) const = default;
};

const OpDef& op_decide();

/// The choice for one cell; shared by the executors.
int64_t decide_choice(const Decide& rule, std::span<const float> scores, float threshold);
/// Weights of the bodies under soft execution: sigmoid of the margin over the threshold for
/// binary ([1 − p, p]), softmax for one of n.
void decide_weights(const Decide& rule, std::span<const float> scores, float threshold,
                    std::span<float> weights);

}  // namespace fovea
