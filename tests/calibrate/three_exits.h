// A made-up network of three exits and recorded scores that fit it.
#pragma once

#include "calibrate/record.h"
#include "fovea/graph.h"
#include "fovea/model.h"
#include "recorded.h"

namespace fovea {

inline Model three_exits() {
  return {.graph = parse_graph(
                       "fovea-graph 1\ngraph g\nops exit@1 linear@1\ninput x [4]\n"
                       "a = linear(x) features=20\nh0 = linear(a) features=3\nexit.0 = exit(h0)\n"
                       "b = linear(a) features=20\nh1 = linear(b) features=3\nexit.1 = exit(h1)\n"
                       "c = linear(b) features=20\nh2 = linear(c) features=3\nexit.2 = exit(h2)\n",
                       "test")
                       .value()};
}

/// Of n made-up samples: the recorded confidence is the answer's probability, all other classes
/// have none.
inline Scores three_exit_scores(int64_t n) {
  const Recorded samples = recorded(3, n, 4);
  Scores out{.values = Tensor::f32({3, n, 3}),
             .form = ScoreForm::kProbabilities,
             .labels = samples.labels,
             .costs = {1, 2, 3}};
  for (int64_t cell = 0; cell < 3 * n; ++cell) {
    const auto place = static_cast<size_t>(cell);
    out.values.f()[cell * 3 + samples.table.answer[place]] = samples.table.confidence[place];
  }
  return out;
}

}  // namespace fovea
