// Which of LibTorch's process groups carries the collectives out.
#pragma once

#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

#include "learner/launch.h"

namespace fovea {

/// Connects all processes over TCP; tensors on the CPU. Throws what c10d throws.
[[nodiscard]] c10::intrusive_ptr<c10d::ProcessGroup> make_gloo_group(
    const c10::intrusive_ptr<c10d::Store>& store, const Launch& launch);

/// Tensors on CUDA devices; null in builds whose LibTorch has no NCCL.
[[nodiscard]] c10::intrusive_ptr<c10d::ProcessGroup> make_nccl_group(
    const c10::intrusive_ptr<c10d::Store>& store, const Launch& launch);

}  // namespace fovea
