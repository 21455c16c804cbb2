// Instruction sets that the kernels are compiled for.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace fovea::cpu {

/// An instruction set; the names are those of Highway's targets.
enum class Isa : uint8_t {
  kAvx512,    ///< "AVX3": AVX-512 F, BW, DQ, VL
  kAvx2,      ///< "AVX2": with FMA
  kSse4,      ///< "SSE4": no FMA
  kNeon,      ///< "NEON"
  kPortable,  ///< what the compiler's baseline offers
};

/// Sets that this build holds and this processor runs, best first; never empty.
[[nodiscard]] std::vector<Isa> isas();

/// Highway's name of the set.
[[nodiscard]] std::string_view isa_name(Isa isa);

/// The set of that name; the best one where `name` is empty. Variants of AVX3 count as "AVX3".
/// Throws Error (kUsage) where this build or processor lacks it.
[[nodiscard]] Isa find_isa(std::string_view name);

/// Floats of one vector.
[[nodiscard]] int vector_floats(Isa isa);

}  // namespace fovea::cpu
