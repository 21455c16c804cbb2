#include "ops/exit/exit.h"

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  require(!view.input_type(0).decision && view.input(0).rank() == 1, view,
          "logits must be a vector", "[C]");
  require(view.block().name == "main", view, "an exit inside a body",
          "exits in the main block only", "body " + view.block().name);
  return {};
}

}  // namespace

const OpDef& op_exit() {
  static const OpDef def{.name = "exit",
                         .summary = "a sample that is confident leaves with these logits",
                         .attributes = internal::attribute_type<Exit>,
                         .inputs = {"logits"},
                         .infer = infer};
  return def;
}

}  // namespace fovea
