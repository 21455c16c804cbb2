// A CPU kernel that runs the reference facet: for nodes without a kernel of their own.
#pragma once

#include <memory>
#include <string_view>

#include "ops/facet_cpu.h"

namespace fovea::runtime {

/// The kernel, or null where the operator has no reference facet or decides or routes.
std::unique_ptr<CpuKernel> reference_kernel(const KernelRequest& request);

}  // namespace fovea::runtime
