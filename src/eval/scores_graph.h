// A network that makes recorded scores executable: its exits are rows of its input.
#pragma once

#include <cstdint>

#include "calibrate/scores.h"
#include "fovea/graph.h"

namespace fovea {

/// input [K,C] -> exit k with logits input[k], for every k. Run on recorded logits it leaves where
/// hindsight leaves, so that any executor's policies can be held to recorded scores. Exits score
/// softmax of logits in float32; against thresholds taken from probabilities that another program
/// recorded, a sample may go elsewhere only where |score - threshold| <= 5e-5.
[[nodiscard]] Graph scores_graph(int64_t n_exits, int64_t n_classes);

/// Recorded scores [K,n,C] as the input of that network, [n,K,C].
[[nodiscard]] Tensor scores_as_input(const Scores& scores);

}  // namespace fovea
