#include "eval/scores_graph.h"

#include <algorithm>
#include <sstream>

namespace fovea {

Graph scores_graph(int64_t n_exits, int64_t n_classes) {
  std::ostringstream text;
  text << "fovea-graph 1\ngraph scores\nops exit@1 flatten@1 slice@1\ninput input [" << n_exits
       << "," << n_classes << "]\n";
  for (int64_t k = 0; k < n_exits; ++k) {
    text << "row." << k << " = slice(input) axis=0 begin=" << k << " end=" << k + 1 << "\n"
         << "logits." << k << " = flatten(row." << k << ")\n"
         << "exit." << k << " = exit(logits." << k << ")\n";
  }
  return parse_graph(text.str(), "scores_graph").value();
}

Tensor scores_as_input(const Scores& scores) {
  const int n_exits = scores.n_exits();
  Tensor input = Tensor::f32({scores.n(), n_exits, scores.n_classes()});
  for (int64_t sample = 0; sample < scores.n(); ++sample) {
    for (int exit = 0; exit < n_exits; ++exit) {
      const auto row = scores.row(exit, sample);
      std::copy(row.begin(), row.end(), input.f() + (sample * n_exits + exit) * scores.n_classes());
    }
  }
  return input;
}

}  // namespace fovea
