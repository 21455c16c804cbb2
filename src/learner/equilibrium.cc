#include "learner/equilibrium.h"

#include <algorithm>

namespace fovea {
namespace {

/// What needs a node: the first exit, counted from 1 (0: none), and how many exits.
struct Need {
  int first = 0;
  int n_exits = 0;
};

/// By node of the main block. Logits that a later exit adds to (BoostNet) make nothing of it needed
/// by that exit: an objective that takes them as they are must find its gradients unscaled.
std::vector<Need> needs(const Graph& graph, const std::vector<int>& producer) {
  const Block& main = graph.main();
  std::vector<char> is_logits(main.values.size(), 0);
  for (int exit = 0; exit < graph.n_exits(); ++exit) {
    is_logits[static_cast<size_t>(graph.exit_logits(exit))] = 1;
  }
  std::vector<Need> out(main.nodes.size());
  for (int exit = 0; exit < graph.n_exits(); ++exit) {
    std::vector<char> seen(main.nodes.size(), 0);
    std::vector<ValueId> open{graph.exit_logits(exit)};
    while (!open.empty()) {
      const ValueId value = open.back();
      open.pop_back();
      if (is_logits[static_cast<size_t>(value)] != 0 && value != graph.exit_logits(exit)) continue;
      const int node = producer[static_cast<size_t>(value)];
      if (node < 0 || seen[static_cast<size_t>(node)] != 0) continue;
      seen[static_cast<size_t>(node)] = 1;
      Need& need = out[static_cast<size_t>(node)];
      if (need.first == 0) need.first = exit + 1;
      ++need.n_exits;
      const auto& inputs = main.nodes[static_cast<size_t>(node)].inputs;
      open.insert(open.end(), inputs.begin(), inputs.end());
    }
  }
  return out;
}

}  // namespace

GradientScales equilibrium_scales(const Graph& graph) {
  const Block& main = graph.main();
  std::vector<int> producer(main.values.size(), -1);
  for (size_t i = 0; i < main.nodes.size(); ++i) {
    for (const ValueId id : main.nodes[i].outputs) {
      producer[static_cast<size_t>(id)] = static_cast<int>(i);
    }
  }
  const std::vector<Need> need = needs(graph, producer);
  const int n_exits = graph.n_exits();
  const auto is_head = [&](const Need& n) { return n.n_exits == 1 && n.first < n_exits; };
  GradientScales scales(main.nodes.size());
  for (size_t i = 0; i < main.nodes.size(); ++i) {
    const Need& reader = need[i];
    for (const ValueId id : main.nodes[i].inputs) {
      const int from = producer[static_cast<size_t>(id)];
      double scale = 1;
      if (from >= 0 && reader.first > 0) {
        const Need& writer = need[static_cast<size_t>(from)];
        // The blocks between them are passed one after the other, so their factors multiply.
        const double behind = n_exits - writer.first + 1;
        if (is_head(writer)) {
          scale = 1;
        } else if (is_head(reader)) {
          scale = 1 / behind;
        } else {
          scale = (n_exits - reader.first + 1) / behind;
        }
      }
      scales[i].push_back(scale);
    }
  }
  return scales;
}

}  // namespace fovea
