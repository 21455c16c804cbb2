// Operators with a CPU facet.
#include <map>

#include "ops/facet_cpu.h"

namespace fovea {

#define OP(name) const CpuOp& cpu_##name();
#include "ops_cpu.inc"
#undef OP

const CpuOp* find_cpu_op(std::string_view name) {
  static const std::map<std::string_view, const CpuOp*> ops{
#define OP(name) {#name, &cpu_##name()},
#include "ops_cpu.inc"
#undef OP
  };
  const auto at = ops.find(name);
  return at == ops.end() ? nullptr : at->second;
}

}  // namespace fovea
