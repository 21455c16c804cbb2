// Tensors of ours as LibTorch's and back.
#pragma once

#include <ATen/core/Tensor.h>

#include "fovea/tensor.h"

namespace fovea {

/// A copy on `device`. F32 and I64 only; others throw Error (kBadInput).
[[nodiscard]] at::Tensor to_torch(const Tensor& tensor, const at::Device& device = at::kCPU);

/// A copy of a float32 or int64 tensor.
[[nodiscard]] Tensor from_torch(const at::Tensor& tensor);

}  // namespace fovea
