// Operators with a LibTorch facet.
#include <map>

#include "ops/facet_torch.h"

namespace fovea {

#define OP(name) TorchOp torch_##name();
#include "ops_torch.inc"
#undef OP

const TorchOp* find_torch_op(std::string_view name) {
  static const std::map<std::string_view, TorchOp> ops{
#define OP(name) {#name, torch_##name()},
#include "ops_torch.inc"
#undef OP
  };
  const auto at = ops.find(name);
  return at == ops.end() ? nullptr : &at->second;
}

}  // namespace fovea
