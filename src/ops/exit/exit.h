// An exit: a flat node at which a sample may leave with these logits.
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"
#include "graph/score.h"

namespace fovea {

/// logits [C] -> nothing. Only in the main block; exits count in the order of the nodes. Executors
/// carry it out themselves: they cut the graph into segments at exits. All exits together are the
/// decision point "exit".
struct Exit {
  Metric metric = Metric::kMaxSoftmax;
  double temperature = 1;

  static constexpr auto fields() {
    return std::tuple{
        Field{"metric", &Exit::metric, "how confidence is scored"},
        Field{"temperature", &Exit::temperature, "logits are divided by it to be scored"}};
  }
  [[nodiscard]] Scoring scoring() const {
    return {.metric = metric, .temperature = static_cast<float>(temperature)};
  }
  bool operator==(const Exit&) const = default;
};

const OpDef& op_exit();

}  // namespace fovea
