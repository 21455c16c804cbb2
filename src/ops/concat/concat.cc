#include "ops/concat/concat.h"

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  Shape out = view.input(0);
  require(out.rank() >= 1, view, "parts need channels", "[C,…]");
  int64_t channels = 0;
  for (int i = 0; i < view.n_inputs(); ++i) {
    const Shape& part = view.input(i);
    require(!view.input_type(i).decision && part.rank() == out.rank(), view,
            "parts differ in rank");
    for (int d = 1; d < out.rank(); ++d) {
      require(part[d] == out[d], view, "parts differ outside the channels");
    }
    channels += part[0];
  }
  out[0] = channels;
  return {{.shape = out}};
}

}  // namespace

const OpDef& op_concat() {
  static const OpDef def{.name = "concat",
                         .summary = "concatenation along channels",
                         .attributes = internal::attribute_type<NoAttributes>,
                         .inputs = {"parts"},
                         .variadic = true,
                         .infer = infer};
  return def;
}

}  // namespace fovea
