// Untrained weights of a graph.
#pragma once

#include <cstdint>

#include "fovea/graph.h"

namespace fovea {

/// One tensor for each parameter under its name: F32 by the parameter's Init and fans, counters I64
/// zero. Every number is a function of the seed, the parameter's name and its place alone, so that
/// it does not depend on the other parameters.
[[nodiscard]] NamedTensors init_params(const Graph& graph, uint64_t seed);

}  // namespace fovea
