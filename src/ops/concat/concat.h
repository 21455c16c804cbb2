// Concatenation along the outermost extent (channels).
#pragma once

#include "graph/op_def.h"

namespace fovea {

/// parts [Ci,…] -> [sum Ci,…]; the other extents are equal.
const OpDef& op_concat();

}  // namespace fovea
