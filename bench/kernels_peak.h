// Multiply-adds that one core can do, for comparison.
#pragma once

#include "ops/cpu/isa.h"

namespace fovea::bench {

/// GFLOP/s of independent multiply-adds in registers; the best of many short stretches.
[[nodiscard]] double peak_gflops(cpu::Isa isa);

}  // namespace fovea::bench
