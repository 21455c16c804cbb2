// Networks whose gradients are continuous.
#pragma once

#include "fovea/graph.h"

namespace fovea {

/// The network without its relus. A value near an activation's corner may bend one way in one
/// computation and the other way in another, which changes gradients by more than rounding; among
/// millions of values that happens every time.
[[nodiscard]] Graph without_corners(const Graph& graph);

}  // namespace fovea
