// Softmax of a vector.
#pragma once

#include "graph/op_def.h"

namespace fovea {

/// src [C] -> [C].
const OpDef& op_softmax();

}  // namespace fovea
