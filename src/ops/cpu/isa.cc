#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/cpu/isa.cc"
#include "ops/cpu/targets.h"
// clang-format off
#include <hwy/foreach_target.h>
// clang-format on
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace fovea::cpu::HWY_NAMESPACE {
int lanes_of_vector() { return static_cast<int>(hwy::HWY_NAMESPACE::Lanes(HWY_FULL(float)())); }
}  // namespace fovea::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <string>

#include "fovea/error.h"
#include "ops/cpu/dispatch.h"

namespace fovea::cpu {
namespace {

struct Entry {
  Isa isa;
  int64_t target;
  std::string_view name;
};

constexpr Entry kEntries[] = {
    {Isa::kAvx512, HWY_AVX3, "AVX3"},
    {Isa::kAvx2, HWY_AVX2, "AVX2"},
    {Isa::kSse4, HWY_SSE4, "SSE4"},
    {Isa::kNeon, HWY_NEON, "NEON"},
};

}  // namespace

std::vector<Isa> isas() {
  std::vector<Isa> found;
  const int64_t here = hwy::SupportedTargets() & HWY_TARGETS & ~HWY_STATIC_TARGET;
  for (const Entry& entry : kEntries) {
    if ((here & entry.target) != 0) found.push_back(entry.isa);
  }
  found.push_back(Isa::kPortable);
  return found;
}

std::string_view isa_name(Isa isa) {
  for (const Entry& entry : kEntries) {
    if (entry.isa == isa) return entry.name;
  }
  return hwy::TargetName(HWY_STATIC_TARGET);
}

Isa find_isa(std::string_view name) {
  const std::vector<Isa> here = isas();
  if (name.empty()) return here.front();
  if (name.starts_with("AVX3")) name = "AVX3";
  const auto found =
      std::find_if(here.begin(), here.end(), [&](Isa isa) { return isa_name(isa) == name; });
  if (found != here.end()) return *found;
  std::string names;
  for (const Isa isa : here) names += (names.empty() ? "" : ", ") + std::string(isa_name(isa));
  throw Error({.kind = ErrorKind::kUsage,
               .what = "instruction set is not available",
               .where = {},
               .expected = "one of " + names,
               .found = std::string(name),
               .hint = {}});
}

int vector_floats(Isa isa) { FOVEA_RETURN_FOR(isa, lanes_of_vector()) }

}  // namespace fovea::cpu
#endif  // HWY_ONCE
