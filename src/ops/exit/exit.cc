#include "ops/exit/exit.h"

#include <cmath>

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  require(!view.input_type(0).decision && view.input(0).rank() == 1, view,
          "logits must be a vector", "[C]");
  const auto temperature = static_cast<float>(view.attributes<Exit>().temperature);
  require(std::isfinite(1 / temperature) && temperature > 0 && std::isfinite(temperature), view,
          "the temperature is out of range", "a finite number above 0");
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
