// Where training left the finite numbers.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "learner/network.h"

namespace fovea {

/// Runs the network again on a batch [N, shape per cell] in training, node by node, with LibTorch's
/// operators and on copies of its weights, and names the first place in the network's order that
/// holds a number which is not finite: "the input", "weight 'NAME'", "layer 'NAME' (OP)";
/// "the objective" where there is none. For an error's message: takes a step's time.
[[nodiscard]] std::string first_overflow(const TrainableNetwork& network, const at::Tensor& values,
                                         Mode mode);

/// "the gradient of 'NAME'": of those that are not finite, the one reached first on the way back.
/// Empty where all are finite.
[[nodiscard]] std::string first_gradient_overflow(const TrainableNetwork& network);

}  // namespace fovea
