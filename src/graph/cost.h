// Costs derived from the graph alone (design 5); tests hold the kernels' counters to them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/graph.h"
#include "graph/op_def.h"

namespace fovea {

/// Cost per cell of one node of a block; zero where the operator counts nothing. A dynamic operator
/// reports its dearest choice, bodies included.
[[nodiscard]] Cost node_cost(const Node& node, const Block& block,
                             const std::vector<Param>& params);
/// Cost of all nodes of a block.
[[nodiscard]] Cost block_cost(const Block& block, const std::vector<Param>& params);

/// Cost of an exit, cumulative from the first exit (interface.md, info).
struct ExitCost {
  int64_t macs = 0;              ///< all that stands before this exit in the graph
  int64_t macs_needed = 0;       ///< what a run that asks every exit so far executes
  int64_t macs_single = 0;       ///< what this exit alone depends on
  int64_t ops = 0;               ///< the published counter, all that stands before
  int64_t params = 0;            ///< trained parameters of all that stands before
  int64_t activation_bytes = 0;  ///< float32 bytes of all values that this exit alone depends on
};
[[nodiscard]] std::vector<ExitCost> exit_costs(const Graph& graph);

/// For each node of the main block: does one of the given exits depend on it?
[[nodiscard]] std::vector<char> needed_by(const Graph& graph, std::span<const int> exits);

/// Multiply-adds that a run executes which asks `asked` (ascending) and leaves at asked[i], for
/// every i. Routes count their dearest choice.
[[nodiscard]] std::vector<int64_t> macs_when_leaving(const Graph& graph,
                                                     std::span<const int> asked);

}  // namespace fovea
