// Settings of the process that LibTorch profits from.
#pragma once

#include <string_view>

namespace fovea {

/// Keeps freed memory instead of giving it back: eager training allocates and frees the same large
/// tensors in every step, and fresh pages cost more than the work on them (three times the time,
/// measured on RANet). Process-wide; glibc only, elsewhere nothing.
void keep_freed_memory();

/// Threads of LibTorch's operators.
void set_learner_threads(int threads);

/// "avx512", "avx2", "neon" or "baseline": the vectors of this processor. Sums are cut by their
/// length, so that training gives the same bits on the same set only.
[[nodiscard]] std::string_view instruction_set();

}  // namespace fovea
