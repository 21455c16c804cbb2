#include "ops/route/route.h"

#include "graph/cost.h"

namespace fovea {
namespace {

constexpr int kMaxBodies = 64;

void check_body(const NodeView& view, const Block& body,
                const std::vector<ValueType>& wanted_results) {
  require(body.inputs.size() + 1 == view.node().inputs.size(), view,
          "body " + body.name + " takes another number of inputs",
          std::to_string(view.n_inputs() - 1), std::to_string(body.inputs.size()));
  for (size_t i = 0; i < body.inputs.size(); ++i) {
    const ValueType& inner = body.value(body.inputs[i]).type;
    const ValueType& outer = view.input_type(static_cast<int>(i) + 1);
    require(inner == outer, view, "body " + body.name + " takes another type", outer.text(),
            inner.text());
  }
  require(body.results.size() == wanted_results.size(), view,
          "body " + body.name + " gives another number of results",
          std::to_string(wanted_results.size()), std::to_string(body.results.size()));
  for (size_t i = 0; i < body.results.size(); ++i) {
    const ValueType& result = body.value(body.results[i]).type;
    require(result == wanted_results[i] && !result.decision, view,
            "body " + body.name + " gives another type", wanted_results[i].text(), result.text());
  }
}

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<Route>();
  const auto& decision = view.input_type(0);
  require(decision.decision.has_value(), view, "the first input must be a decision", "a decision",
          decision.text());
  const int64_t choices = decision.shape[0];
  const bool binary = *decision.decision == DecisionKind::kBinary;
  const int64_t wanted = a.combine == Combine::kResidual && binary ? 1 : choices;
  const std::vector<Block>& bodies = view.node().bodies;
  require(static_cast<int64_t>(bodies.size()) == wanted, view, "wrong number of bodies",
          std::to_string(wanted), std::to_string(bodies.size()));
  std::vector<ValueType> results;
  if (a.combine == Combine::kResidual) {
    results.push_back(view.input_type(1));
  } else {
    for (const ValueId id : bodies[0].results) results.push_back(bodies[0].value(id).type);
  }
  for (const Block& body : bodies) check_body(view, body, results);
  return results;
}

Cost cost(const NodeView& view) {
  Cost dearest;
  for (const Block& body : view.node().bodies) {
    const Cost cost = block_cost(body, view.all_params());
    if (cost.macs >= dearest.macs) dearest = cost;
  }
  if (view.attributes<Route>().combine == Combine::kResidual)
    dearest.scalar_ops += view.output().numel();
  return dearest;
}

}  // namespace

int body_of_choice(const NodeView& route, int64_t choice) {
  const auto n_bodies = static_cast<int64_t>(route.node().bodies.size());
  if (route.attributes<Route>().combine == Combine::kResidual &&
      *route.input_type(0).decision == DecisionKind::kBinary) {
    return choice == 1 ? 0 : -1;
  }
  FOVEA_CHECK(choice >= 0 && choice < n_bodies);
  return static_cast<int>(choice);
}

const OpDef& op_route() {
  static const OpDef def{.name = "route",
                         .summary = "each sample goes to the body that a decision chose",
                         .attributes = internal::attribute_type<Route>,
                         .inputs = {"decision", "x"},
                         .variadic = true,
                         .min_bodies = 1,
                         .max_bodies = kMaxBodies,
                         .infer = infer,
                         .cost = cost};
  return def;
}

}  // namespace fovea
