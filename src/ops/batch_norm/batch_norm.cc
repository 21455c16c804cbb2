#include "ops/batch_norm/batch_norm.h"

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<BatchNorm>();
  require(!view.input_type(0).decision && view.input(0).rank() >= 1, view, "src needs channels",
          "[C,…]");
  require(a.eps > 0 && a.momentum >= 0 && a.momentum <= 1, view,
          "eps must be positive and momentum in [0,1]", "eps > 0, 0 <= momentum <= 1",
          "eps " + std::to_string(a.eps) + ", momentum " + std::to_string(a.momentum));
  return {view.input_type(0)};
}

std::vector<ParamSlot> params(const NodeView& view) {
  const Shape channels{view.input(0)[0]};
  return {{.slot = "weight", .shape = channels, .init = Init::kOnes},
          {.slot = "bias", .shape = channels, .role = ParamRole::kBias},
          {.slot = "running_mean", .shape = channels, .role = ParamRole::kRunningMean},
          {.slot = "running_var",
           .shape = channels,
           .role = ParamRole::kRunningVar,
           .init = Init::kOnes},
          {.slot = "num_batches_tracked", .shape = {}, .role = ParamRole::kCounter}};
}

Cost cost(const NodeView& view) { return {.scalar_ops = view.input(0).numel()}; }

}  // namespace

const OpDef& op_batch_norm() {
  static const OpDef def{.name = "batch_norm",
                         .summary = "normalisation per channel by running or batch statistics",
                         .attributes = internal::attribute_type<BatchNorm>,
                         .inputs = {"src"},
                         .infer = infer,
                         .params = params,
                         .cost = cost};
  return def;
}

}  // namespace fovea
