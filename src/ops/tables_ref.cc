// Operators with a reference facet.
#include <map>

#include "ops/facet_ref.h"

namespace fovea {

#define OP(name) RefOp ref_##name();
#include "ops_ref.inc"
#undef OP

const RefOp* find_ref_op(std::string_view name) {
  static const std::map<std::string_view, RefOp> ops{
#define OP(name) {#name, ref_##name()},
#include "ops_ref.inc"
#undef OP
  };
  const auto at = ops.find(name);
  return at == ops.end() ? nullptr : &at->second;
}

}  // namespace fovea
