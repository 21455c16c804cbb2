#include "ops/leaky_relu/leaky_relu.h"

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<LeakyRelu>();
  require(!view.input_type(0).decision, view, "src must be a tensor");
  require(a.slope >= 0 && a.slope <= 1, view, "the slope is no share", "0 to 1",
          std::to_string(a.slope));
  return {view.input_type(0)};
}

Cost cost(const NodeView& view) {
  return {.ops = view.input(0).numel(), .scalar_ops = view.input(0).numel()};
}

}  // namespace

const OpDef& op_leaky_relu() {
  static const OpDef def{.name = "leaky_relu",
                         .summary = "x, or slope·x where x is negative",
                         .attributes = internal::attribute_type<LeakyRelu>,
                         .inputs = {"src"},
                         .infer = infer,
                         .cost = cost};
  return def;
}

}  // namespace fovea
