#include "eval/scores_graph.h"

#include <algorithm>
#include <string>

namespace fovea {

Graph scores_graph(int64_t n_exits, int64_t n_classes) {
  std::string text = "fovea-graph 1\ngraph scores\nops exit@1 flatten@1 slice@1\ninput input [" +
                     std::to_string(n_exits) + "," + std::to_string(n_classes) + "]\n";
  for (int64_t k = 0; k < n_exits; ++k) {
    const std::string exit = std::to_string(k);
    text += "row." + exit + " = slice(input) axis=0 begin=" + exit +
            " end=" + std::to_string(k + 1) + "\n";
    text += "logits." + exit + " = flatten(row." + exit + ")\n";
    text += "exit." + exit + " = exit(logits." + exit + ")\n";
  }
  return parse_graph(text, "scores_graph").value();
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
