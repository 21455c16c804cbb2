#include "ops/slice/slice.h"

namespace fovea {
namespace {

std::vector<ValueType> infer_slice(const NodeView& view) {
  const auto& a = view.attributes<Slice>();
  Shape shape = view.input(0);
  require(!view.input_type(0).decision, view, "src must be a tensor");
  require(a.axis >= 0 && a.axis < shape.rank(), view, "no such axis",
          "0 to " + std::to_string(shape.rank() - 1), std::to_string(a.axis));
  const int64_t extent = shape[static_cast<int>(a.axis)];
  require(a.begin >= 0 && a.begin < a.end && a.end <= extent, view, "the range does not fit",
          "0 <= begin < end <= " + std::to_string(extent),
          std::to_string(a.begin) + " to " + std::to_string(a.end));
  shape[static_cast<int>(a.axis)] = a.end - a.begin;
  return {{.shape = shape}};
}

std::vector<ValueType> infer_flatten(const NodeView& view) {
  require(!view.input_type(0).decision, view, "src must be a tensor");
  return {{.shape = {view.input(0).numel()}}};
}

}  // namespace

const OpDef& op_slice() {
  static const OpDef def{.name = "slice",
                         .summary = "a range along one axis",
                         .attributes = internal::attribute_type<Slice>,
                         .inputs = {"src"},
                         .infer = infer_slice};
  return def;
}

const OpDef& op_flatten() {
  static const OpDef def{.name = "flatten",
                         .summary = "all elements as one vector, row-major",
                         .attributes = internal::attribute_type<NoAttributes>,
                         .inputs = {"src"},
                         .infer = infer_flatten};
  return def;
}

}  // namespace fovea
