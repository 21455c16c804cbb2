#include "ops/relu/relu.h"

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  require(!view.input_type(0).decision, view, "src must be a tensor");
  return {view.input_type(0)};
}

// The published counter counts one operation per input element (specs/ranet.md 5.1).
Cost cost(const NodeView& view) {
  return {.ops = view.input(0).numel(), .scalar_ops = view.input(0).numel()};
}

OpDef activation(std::string_view name, std::string_view summary) {
  return {.name = name,
          .summary = summary,
          .attributes = internal::attribute_type<NoAttributes>,
          .inputs = {"src"},
          .infer = infer,
          .cost = cost};
}

}  // namespace

const OpDef& op_relu() {
  static const OpDef def = activation("relu", "max(x, 0)");
  return def;
}
const OpDef& op_relu6() {
  static const OpDef def = activation("relu6", "min(max(x, 0), 6)");
  return def;
}
const OpDef& op_sigmoid() {
  static const OpDef def = activation("sigmoid", "1/(1 + exp(-x))");
  return def;
}

}  // namespace fovea
