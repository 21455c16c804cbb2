#include <algorithm>
#include <set>

#include "ops/facet_cpu.h"
#include "ops/slice/slice.h"
#include "runtime/fusion/fold.h"
#include "runtime/program.h"

namespace fovea::runtime {
namespace {

/// Lowers one block; values of the block get PlanValues.
class BlockLowering {
 public:
  BlockLowering(const Graph& graph, const std::vector<Tensor>& params, Program& program,
                const Block& block)
      : graph_(graph),
        params_(params),
        program_(program),
        block_(block),
        absorbed_(block.nodes.size(), 0),
        uses_(block.values.size(), 0),
        consumer_(block.values.size(), -1) {
    for (size_t i = 0; i < block.nodes.size(); ++i) {
      for (const ValueId id : block.nodes[i].inputs) use(id, static_cast<int>(i));
    }
    for (const ValueId id : block.results) use(id, -1);
  }

  /// Keeps a value from being fused away.
  void keep(ValueId id) { use(id, -1); }

  std::vector<Step> run(const std::vector<int>& input_values, std::vector<int>& values,
                        bool is_main) {
    values.assign(block_.values.size(), -1);
    for (size_t i = 0; i < block_.inputs.size(); ++i) {
      const ValueId id = block_.inputs[i];
      const int place = new_value(block_.value(id));
      values[static_cast<size_t>(id)] = place;
      if (input_values.empty()) continue;
      PlanValue& value = program_.values[static_cast<size_t>(place)];
      value.inside = input_values[i];
      value.is_view = true;
    }
    std::vector<Step> steps;
    for (size_t i = 0; i < block_.nodes.size(); ++i) {
      const Node& node = block_.nodes[i];
      if (absorbed_[i] != 0 || node.op->name == "exit") continue;
      if (make_view(node, values)) continue;
      steps.push_back(make_step(i, values, is_main));
    }
    return steps;
  }

 private:
  void use(ValueId id, int node) {
    uses_[static_cast<size_t>(id)] += 1;
    consumer_[static_cast<size_t>(id)] = node;
  }

  int new_value(const Value& value) {
    program_.values.push_back({.name = value.name, .type = value.type});
    return static_cast<int>(program_.values.size()) - 1;
  }

  [[nodiscard]] NodeView view(const Node& node) const { return {node, block_, graph_.params()}; }

  std::vector<Tensor> params_of(const Node& node) const {
    std::vector<Tensor> out;
    for (const ParamId id : node.params) out.push_back(params_[static_cast<size_t>(id)]);
    return out;
  }

  /// Nodes that move nothing: their result is another value's memory seen differently.
  bool make_view(const Node& node, std::vector<int>& values) {
    const NodeView v = view(node);
    int64_t before = 0;
    if (node.op->name == "resize") {
      if (v.input(0) != v.output()) return false;
    } else if (node.op->name == "flatten") {
      const Shape& in = v.input(0);
      if (in.rank() == 3 && in[1] * in[2] != 1) return false;
    } else if (node.op->name == "slice") {
      if (v.attributes<Slice>().axis != 0) return false;
      before = v.attributes<Slice>().begin;
    } else {
      return false;
    }
    const int place = new_value(block_.value(node.outputs[0]));
    PlanValue& value = program_.values[static_cast<size_t>(place)];
    value.inside = values[static_cast<size_t>(node.inputs[0])];
    value.outer_before = before;
    value.is_view = true;
    values[static_cast<size_t>(node.outputs[0])] = place;
    return true;
  }

  /// The node that alone consumes the only result of node `i`, or -1.
  [[nodiscard]] int sole_consumer(size_t i) const {
    const Node& node = block_.nodes[i];
    if (node.outputs.size() != 1) return -1;
    const auto out = static_cast<size_t>(node.outputs[0]);
    return uses_[out] == 1 ? consumer_[out] : -1;
  }

  static Activation activation_of(const Node& node) {
    if (node.op->name == "relu") return Activation::kRelu;
    if (node.op->name == "relu6") return Activation::kRelu6;
    return Activation::kNone;
  }

  Step make_step(size_t i, std::vector<int>& values, bool is_main) {
    const Node& node = block_.nodes[i];
    Step step{.node = &node,
              .block = &block_,
              .name = node.name,
              .params = params_of(node),
              .main_node = is_main ? static_cast<int>(i) : -1};
    for (const ValueId id : node.inputs) step.inputs.push_back(values[static_cast<size_t>(id)]);
    size_t last = i;
    const bool folds = node.op->name == "conv2d" || node.op->name == "linear";
    if (const int next = sole_consumer(last); folds && next >= 0) {
      const Node& norm = block_.nodes[static_cast<size_t>(next)];
      if (norm.op->name == "batch_norm") {
        const std::vector<Tensor> norm_params = params_of(norm);
        Folded folded =
            fold_batch_norm(step.params[0], step.params.size() > 1 ? &step.params[1] : nullptr,
                            view(norm), norm_params);
        step.params[0] = std::move(folded.weight);
        step.bias = std::move(folded.bias);
        absorb(next, step, last);
      }
    }
    const CpuOp* op = find_cpu_op(node.op->name);
    if (const int next = sole_consumer(last); op != nullptr && op->fuses_activation && next >= 0) {
      const Activation activation = activation_of(block_.nodes[static_cast<size_t>(next)]);
      if (activation != Activation::kNone) {
        step.activation = activation;
        absorb(next, step, last);
      }
    }
    for (const ValueId id : block_.nodes[last].outputs) {
      const int place = new_value(block_.value(id));
      values[static_cast<size_t>(id)] = place;
      step.outputs.push_back(place);
    }
    for (const Block& body : node.bodies) {
      BlockLowering lowering(graph_, params_, program_, body);
      StepBody lowered{.name = body.name};
      std::vector<int> inner;
      lowered.steps = lowering.run({step.inputs.begin() + 1, step.inputs.end()}, inner, false);
      for (const ValueId id : body.results)
        lowered.results.push_back(inner[static_cast<size_t>(id)]);
      step.bodies.push_back(std::move(lowered));
    }
    step.index = program_.n_steps++;
    return step;
  }

  void absorb(int next, Step& step, size_t& last) {
    absorbed_[static_cast<size_t>(next)] = 1;
    step.name += "+" + std::string(block_.nodes[static_cast<size_t>(next)].op->name);
    last = static_cast<size_t>(next);
    if (step.main_node >= 0) step.main_node = next;
  }

  const Graph& graph_;
  const std::vector<Tensor>& params_;
  Program& program_;
  const Block& block_;
  std::vector<char> absorbed_;
  std::vector<int> uses_;
  std::vector<int> consumer_;
};

}  // namespace

std::pair<int, int64_t> Program::root_of(int value) const {
  int64_t floats = 0;
  while (values[static_cast<size_t>(value)].inside >= 0) {
    const PlanValue& v = values[static_cast<size_t>(value)];
    const PlanValue& host = values[static_cast<size_t>(v.inside)];
    const int64_t outer =
        host.type.shape.rank() == 0 || host.type.decision ? 1 : host.type.shape[0];
    floats += v.outer_before * (host.layout.floats() / outer);
    value = v.inside;
  }
  return {value, floats};
}

Program lower(const Graph& graph, const std::vector<Tensor>& params,
              const std::vector<ValueId>& kept) {
  Program program;
  BlockLowering lowering(graph, params, program, graph.main());
  for (const ValueId id : kept) lowering.keep(id);
  program.steps = lowering.run({}, program.main_values, true);
  return program;
}

}  // namespace fovea::runtime
