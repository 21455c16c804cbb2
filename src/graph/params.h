// Parameters of a graph as tensors: by name outside, by ParamId inside executors.
#pragma once

#include <vector>

#include "fovea/graph.h"

namespace fovea {

/// Tensors in the order of graph.params(). Counters may be absent (zero then).
/// Errors (kBadInput): a missing, mis-shaped or wrongly typed parameter, by name.
std::vector<Tensor> params_by_id(const Graph& graph, const NamedTensors& params);

/// Values of the main block for tap names. Errors (kUsage): an unknown name, with the nearest.
std::vector<ValueId> tap_values(const Graph& graph, const std::vector<std::string>& taps);

}  // namespace fovea
