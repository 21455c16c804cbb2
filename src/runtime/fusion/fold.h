// Folding normalisation into the linear operator before it.
#pragma once

#include <span>

#include "fovea/tensor.h"
#include "graph/op_def.h"

namespace fovea::runtime {

/// weight [O,…] and the operator's own bias (or null), followed by a batch_norm with the given
/// parameters -> weight and bias of one operator that does both. Double arithmetic, rounded once.
struct Folded {
  Tensor weight;
  Tensor bias;
};
Folded fold_batch_norm(const Tensor& weight, const Tensor* bias, const NodeView& norm,
                       std::span<const Tensor> norm_params);

}  // namespace fovea::runtime
