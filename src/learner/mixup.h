// Mixup: a network learns from blends of pairs of samples.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "base/noise.h"

namespace fovea {

/// A batch of blends.
struct MixedBatch {
  at::Tensor values;   ///< as the batch's
  at::Tensor targets;  ///< F32 [N, classes], shares of classes
};

/// x_i becomes share·x_i + (1 − share)·x_j and its target likewise, with one share ~ Beta(alpha,
/// alpha) and one random permutation i → j for the batch (Zhang et al., ICLR 2018). The result
/// depends on batch and noise alone. values F32 [N, …], labels I64 [N], both on the CPU.
[[nodiscard]] MixedBatch mixup(const at::Tensor& values, const at::Tensor& labels,
                               int64_t n_classes, double alpha, const Noise& noise);

/// A number ~ Beta(alpha, alpha), alpha > 0.
[[nodiscard]] double symmetric_beta(double alpha, NoiseCursor& noise);

}  // namespace fovea
