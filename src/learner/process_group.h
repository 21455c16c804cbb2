// Which of LibTorch's process groups carries the collectives out.
#pragma once

#include <torch/version.h>

#include <chrono>
#include <torch/csrc/distributed/c10d/Store.hpp>
#if TORCH_VERSION_MAJOR >= 2
#include <torch/csrc/distributed/c10d/Backend.hpp>
#else
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#endif

#include "learner/launch.h"

namespace fovea {

/// What Gloo's and NCCL's groups are: LibTorch 2 split it from what dispatches to several of them.
#if TORCH_VERSION_MAJOR >= 2
using ProcessGroup = c10d::Backend;
#else
using ProcessGroup = c10d::ProcessGroup;
#endif

/// How long an operation may take where nobody is missing: rank 0 may pack data meanwhile. Who is
/// missing is found by its silence (presence.h).
inline constexpr std::chrono::hours kGroupPatience{24};

/// Connects all processes over TCP; tensors on the CPU. Throws what c10d throws.
[[nodiscard]] c10::intrusive_ptr<ProcessGroup> make_gloo_group(
    const c10::intrusive_ptr<c10d::Store>& store, const Launch& launch);

/// Tensors on CUDA devices; null in builds whose LibTorch has no NCCL.
[[nodiscard]] c10::intrusive_ptr<ProcessGroup> make_nccl_group(
    const c10::intrusive_ptr<c10d::Store>& store, const Launch& launch);

}  // namespace fovea
