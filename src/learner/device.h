// LibTorch's devices by name.
#pragma once

#include <c10/core/Device.h>

#include <string>

namespace fovea {

/// Throws Error: kUsage for a name that is none, kNotInBuild for a device that is not here.
[[nodiscard]] c10::Device device_of(const std::string& name);

}  // namespace fovea
