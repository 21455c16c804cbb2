#include "learner/torch_tensor.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "fovea/error.h"

namespace fovea {

at::Tensor to_torch(const Tensor& tensor, const at::Device& device) {
  if (tensor.dtype() != DType::kF32 && tensor.dtype() != DType::kI64) {
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the learner takes no tensors of this element type",
                 .expected = "F32 or I64",
                 .found = std::string(dtype_name(tensor.dtype()))});
  }
  at::Tensor copy =
      at::empty(tensor.shape().dims(), tensor.dtype() == DType::kF32 ? at::kFloat : at::kLong);
  if (tensor.bytes() > 0) std::memcpy(copy.data_ptr(), tensor.raw(), tensor.bytes());
  return copy.to(device);
}

Tensor from_torch(const at::Tensor& tensor) {
  FOVEA_CHECK(tensor.scalar_type() == at::kFloat || tensor.scalar_type() == at::kLong);
  const at::Tensor dense = tensor.detach().to(at::kCPU).contiguous();
  Tensor copy(tensor.scalar_type() == at::kFloat ? DType::kF32 : DType::kI64,
              Shape(tensor.sizes().vec()));
  if (copy.bytes() > 0) std::memcpy(copy.raw(), dense.data_ptr(), copy.bytes());
  return copy;
}

}  // namespace fovea
