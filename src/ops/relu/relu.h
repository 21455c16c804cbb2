// Elementwise activations: relu, relu6, sigmoid.
#pragma once

#include "graph/op_def.h"

namespace fovea {

const OpDef& op_relu();
const OpDef& op_relu6();
const OpDef& op_sigmoid();

}  // namespace fovea
