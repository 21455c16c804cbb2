#include "ops/softmax/softmax.h"

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  require(!view.input_type(0).decision && view.input(0).rank() == 1, view, "src must be a vector",
          "[C]");
  return {view.input_type(0)};
}

Cost cost(const NodeView& view) { return {.scalar_ops = view.input(0).numel()}; }

}  // namespace

const OpDef& op_softmax() {
  static const OpDef def{.name = "softmax",
                         .summary = "softmax of a vector",
                         .attributes = internal::attribute_type<NoAttributes>,
                         .inputs = {"src"},
                         .infer = infer,
                         .cost = cost};
  return def;
}

}  // namespace fovea
