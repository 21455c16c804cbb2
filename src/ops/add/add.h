// Elementwise sum and product of two values, with broadcast of the second.
#pragma once

#include "graph/op_def.h"

namespace fovea {

/// a [C,H,W], b of equal shape, or [C], [C,1,1] or [1,H,W] -> shape of a. Other ranks: equal
/// shapes.
const OpDef& op_add();
const OpDef& op_multiply();

/// Element of b that meets element i of a; shared by the facets. `b_shape` as above.
int64_t broadcast_index(const Shape& a, const Shape& b, int64_t i);

}  // namespace fovea
