// A network lowered for the runtime: steps (nodes with what is fused behind them) on values that
// have a place in a sample's block.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fovea/graph.h"
#include "ops/facet_cpu.h"

namespace fovea::runtime {

/// A value of the graph or of a body, with its place.
struct PlanValue {
  std::string name;
  ValueType type;
  /// Set where the value stands inside another one: parts of a concatenation, views, body inputs.
  int inside = -1;
  int64_t outer_before = 0;  ///< elements of the host's outermost extent that stand before it
  bool is_view = false;      ///< written by another value's producer
  int64_t gap = 0;           ///< of the whole buffer; equal for all values in it
  PlaneLayout layout;
};

struct Step;

struct StepBody {
  std::string name;
  std::vector<Step> steps;
  std::vector<int> results;
};

struct Step {
  const Node* node = nullptr;
  const Block* block = nullptr;
  std::string name;          ///< node, and "+…" for what is fused behind it
  std::vector<int> inputs;   ///< PlanValues
  std::vector<int> outputs;  ///< PlanValues
  std::vector<Tensor> params;
  std::optional<Tensor> bias;  ///< of folded normalisation
  Activation activation = Activation::kNone;
  std::vector<StepBody> bodies;
  int main_node = -1;  ///< index in the main block, -1 inside bodies
  int index = -1;      ///< number among all steps, bodies included
  std::unique_ptr<CpuKernel> kernel;
  std::string kernel_name;
  std::vector<std::string> refused;
};

struct Program {
  std::vector<PlanValue> values;
  std::vector<Step> steps;       ///< of the main block, in graph order
  std::vector<int> main_values;  ///< ValueId of the main block -> PlanValue
  int n_steps = 0;               ///< bodies included

  /// The value whose buffer holds `value`, and the floats before it there.
  [[nodiscard]] std::pair<int, int64_t> root_of(int value) const;
};

/// Calls `visit(step)` for every step, those of bodies before the step they belong to.
template <typename Steps, typename Visit>
void for_each_step(Steps& steps, Visit&& visit) {
  for (auto& step : steps) {
    for (auto& body : step.bodies) for_each_step(body.steps, visit);
    visit(step);
  }
}

/// Lowers a graph: folds normalisation into convolutions and linear layers, fuses activations,
/// turns flatten, channel slices and same-size resizes into views. `kept` are values of the main
/// block that must exist as such (taps).
Program lower(const Graph& graph, const std::vector<Tensor>& params,
              const std::vector<ValueId>& kept);

/// Gives parts of concatenations their place in the result, where no copy is then needed, and every
/// value its layout.
void place_values(Program& program);

}  // namespace fovea::runtime
