// Gradient equilibrium: every exit moves a shared layer as much as every other.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/graph.h"

namespace fovea {

/// How gradients of several exits meet in the layers that they share.
enum class GradientFlow : uint8_t { kPlain, kEquilibrium };

/// Factors for gradients that flow back from a node's inputs: [node of the main block][input].
using GradientScales = std::vector<std::vector<double>>;

/// Block k of K (from 1) hears its own exit times 1/(K-k+1) and all later blocks times
/// (K-k)/(K-k+1), so that a layer of block k gets the mean over the K-k+1 exits behind it (IMTA,
/// specs/survey.md 4.1). A node belongs to the block of the first exit that needs it; nodes that
/// only one exit but the last needs are its head and keep their gradients.
[[nodiscard]] GradientScales equilibrium_scales(const Graph& graph);

}  // namespace fovea
