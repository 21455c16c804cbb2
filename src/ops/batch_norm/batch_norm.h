// Normalisation by running statistics (inference) or batch statistics (training).
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"

namespace fovea {

/// src [C,…] -> same shape: (src − running_mean)/sqrt(running_var + eps)·weight + bias per channel
/// (specs/ranet.md 1.1). Slots: weight, bias, running_mean, running_var, num_batches_tracked.
struct BatchNorm {
  double eps = 1e-5;
  double momentum = 0.1;

  static constexpr auto fields() {
    return std::tuple{Field{"eps", &BatchNorm::eps, "added to the variance"},
                      Field{"momentum", &BatchNorm::momentum, "weight of a new batch in training"}};
  }
  bool operator==(const BatchNorm&) const = default;
};

const OpDef& op_batch_norm();

}  // namespace fovea
