// The list of operators as the graph layer sees it.
#include <array>

#include "graph/op_def.h"

namespace fovea {

#define OP(name) const OpDef& op_##name();
#include "ops_def.inc"
#undef OP

namespace {

const std::vector<const OpDef*>& table() {
  static const std::vector<const OpDef*> ops{
#define OP(name) &op_##name(),
#include "ops_def.inc"
#undef OP
  };
  return ops;
}

}  // namespace

const OpDef* find_op(std::string_view name) {
  for (const OpDef* op : table()) {
    if (op->name == name) return op;
  }
  return nullptr;
}

std::vector<const OpDef*> all_ops() { return table(); }

}  // namespace fovea
