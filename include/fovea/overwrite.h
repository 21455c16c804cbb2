// What may happen to a file that is already where an output is to go.
#pragma once

#include <cstdint>

namespace fovea {

enum class Overwrite : uint8_t { kRefuse, kAllow };

}  // namespace fovea
