#include "ops/add/add.h"

namespace fovea {
namespace {

bool fits(const Shape& a, const Shape& b) {
  if (a == b) return true;
  if (a.rank() != 3) return false;
  return b == Shape{a[0]} || b == Shape{a[0], 1, 1} || b == Shape{1, a[1], a[2]};
}

std::vector<ValueType> infer(const NodeView& view) {
  require(!view.input_type(0).decision && !view.input_type(1).decision, view,
          "a and b must be tensors");
  require(fits(view.input(0), view.input(1)), view, "shapes do not fit",
          "equal shapes, or b [C], [C,1,1] or [1,H,W] beside a [C,H,W]");
  return {view.input_type(0)};
}

Cost cost(const NodeView& view) { return {.scalar_ops = view.output().numel()}; }

OpDef binary(std::string_view name, std::string_view summary) {
  return {.name = name,
          .summary = summary,
          .attributes = internal::attribute_type<NoAttributes>,
          .inputs = {"a", "b"},
          .infer = infer,
          .cost = cost};
}

}  // namespace

int64_t broadcast_index(const Shape& a, const Shape& b, int64_t i) {
  if (a == b) return i;
  const int64_t map = a[1] * a[2];
  return b[0] == a[0] && b.numel() == a[0] ? i / map : i % map;
}

const OpDef& op_add() {
  static const OpDef def = binary("add", "elementwise sum");
  return def;
}
const OpDef& op_multiply() {
  static const OpDef def = binary("multiply", "elementwise product");
  return def;
}

}  // namespace fovea
