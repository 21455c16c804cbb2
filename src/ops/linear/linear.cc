#include "ops/linear/linear.h"

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<Linear>();
  require(!view.input_type(0).decision && view.input(0).rank() == 1, view, "src must be a vector",
          "[I]");
  require(a.features >= 1, view, "features is at least 1", "1 or more", std::to_string(a.features));
  return {{.shape = {a.features}}};
}

std::vector<ParamSlot> params(const NodeView& view) {
  const auto& a = view.attributes<Linear>();
  const int64_t in = view.input(0)[0];
  std::vector<ParamSlot> slots{{.slot = "weight",
                                .shape = {a.features, in},
                                .init = Init::kUniformFanIn,
                                .fan_in = in,
                                .fan_out = a.features}};
  if (a.bias == Bias::kPresent) {
    slots.push_back({.slot = "bias",
                     .shape = {a.features},
                     .role = ParamRole::kBias,
                     .init = a.bias_init,
                     .fan_in = in});
  }
  return slots;
}

// macs: weights only; the published counter adds the biases (specs/ranet.md 5.1, 5.3).
Cost cost(const NodeView& view) {
  const auto& a = view.attributes<Linear>();
  const int64_t macs = a.features * view.input(0)[0];
  return {.macs = macs, .ops = macs + (a.bias == Bias::kPresent ? a.features : 0)};
}

}  // namespace

const OpDef& op_linear() {
  static const OpDef def{.name = "linear",
                         .summary = "fully connected layer",
                         .attributes = internal::attribute_type<Linear>,
                         .inputs = {"src"},
                         .infer = infer,
                         .params = params,
                         .cost = cost};
  return def;
}

}  // namespace fovea
