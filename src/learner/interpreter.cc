#include "learner/interpreter.h"

#include <numeric>
#include <optional>

namespace fovea {
namespace {

/// The replayed choices of one decision point for the cells of a frame.
std::vector<int64_t> replayed(const Tensor& point, const NodeView& view,
                              const std::vector<int64_t>& cells) {
  const auto choices = point.data<int64_t>();
  std::vector<int64_t> out;
  out.reserve(cells.size());
  for (const int64_t cell : cells) {
    const int64_t choice = cell < point.numel() ? choices[static_cast<size_t>(cell)] : -1;
    if (choice < 0 || choice >= view.output()[0]) {
      throw Error({.kind = ErrorKind::kUsage,
                   .what = "the trace holds no possible decision of '" + view.name() +
                           "' for sample " + std::to_string(cell),
                   .where = "policy",
                   .expected = "0 to " + std::to_string(view.output()[0] - 1),
                   .found = std::to_string(choice)});
    }
    out.push_back(choice);
  }
  return out;
}

void record_decisions(const at::Tensor& choices, const Frame& frame, const Node& node,
                      RunRecord& record) {
  auto& row = record.decisions[node.name];
  row.resize(record.macs.size(), -1);
  for (size_t i = 0; i < frame.cells.size(); ++i) {
    row[static_cast<size_t>(frame.cells[i])] = choices.data_ptr<int64_t>()[i];
  }
}

/// The same values, whose gradient is multiplied on its way back.
at::Tensor with_scaled_gradient(const at::Tensor& value, double scale) {
  if (scale == 1 || !value.requires_grad()) return value;
  at::Tensor view = value.view_as(value);
  view.register_hook([scale](const at::Tensor& gradient) { return gradient.mul(scale); });
  return view;
}

/// The answer of a decision point; `storage` keeps replayed choices alive.
std::optional<DecisionAnswer> answer_of(const ResolvedPolicy* policy, const NodeView& view,
                                        const std::vector<int64_t>& cells,
                                        std::vector<int64_t>& storage) {
  if (policy == nullptr) return std::nullopt;
  DecisionAnswer answer;
  const auto rule = policy->points.find(view.name());
  if (rule != policy->points.end()) {
    answer.threshold = rule->second.threshold;
    answer.force = rule->second.force;
  }
  if (policy->replay) {
    const auto point = policy->replay->points.find(view.name());
    if (point != policy->replay->points.end()) {
      storage = replayed(point->second, view, cells);
      answer.replay = storage;
    }
  }
  return answer;
}

}  // namespace

/// Runs bodies by calling the interpreter again, with cells translated to places in the batch.
class Interpreter::Bodies final : public TorchBodies {
 public:
  Bodies(const Interpreter& interpreter, const Frame& frame, const Node& node,
         const InterpreterSettings& settings)
      : interpreter_(interpreter), frame_(frame), node_(node), settings_(settings) {}

  std::vector<at::Tensor> run(int body, const std::vector<at::Tensor>& inputs,
                              std::span<const int64_t> cells) override {
    const Block& block = node_.bodies[static_cast<size_t>(body)];
    std::vector<int64_t> places;
    places.reserve(cells.size());
    for (const int64_t cell : cells) places.push_back(frame_.cells[static_cast<size_t>(cell)]);
    if (settings_.record != nullptr) {
      settings_.record->work.body_cells[node_.name + "/" + block.name] +=
          static_cast<int64_t>(cells.size());
    }
    return interpreter_.run_block(block, inputs, std::move(places), settings_);
  }

 private:
  const Interpreter& interpreter_;
  const Frame& frame_;
  const Node& node_;
  const InterpreterSettings& settings_;
};

Interpreter::Interpreter(const Graph& graph, const std::vector<at::Tensor>& params)
    : graph_(&graph), params_(&params) {
  FOVEA_CHECK(params.size() == graph.params().size());
}

void Interpreter::run_node(Frame& frame, const Node& node,
                           const InterpreterSettings& settings) const {
  const TorchOp* op = find_torch_op(node.op->name);
  if (op == nullptr) return;
  const NodeView view(node, *frame.block, graph_->params());
  std::vector<at::Tensor> in;
  in.reserve(node.inputs.size());
  for (const ValueId id : node.inputs) {
    in.push_back(frame.values[static_cast<size_t>(id)]);
    FOVEA_CHECK(in.back().defined());
  }
  if (settings.gradient_scales != nullptr && frame.block == &graph_->main()) {
    const auto at = static_cast<size_t>(&node - frame.block->nodes.data());
    for (size_t i = 0; i < in.size(); ++i) {
      in[i] = with_scaled_gradient(in[i], (*settings.gradient_scales)[at][i]);
    }
  }
  std::vector<at::Tensor> params;
  params.reserve(node.params.size());
  for (const ParamId id : node.params) params.push_back((*params_)[static_cast<size_t>(id)]);
  std::vector<at::Tensor> out(node.outputs.size());
  const bool decides = view.n_outputs() == 1 && view.output_type(0).decision.has_value();
  std::vector<int64_t> storage;
  std::optional<DecisionAnswer> answer;
  if (decides) answer = answer_of(settings.policy, view, frame.cells, storage);
  Bodies bodies(*this, frame, node, settings);
  TorchCall call{.node = view,
                 .in = in,
                 .params = params,
                 .out = out,
                 .n = static_cast<int64_t>(frame.cells.size()),
                 .phase = settings.phase,
                 .mode = settings.mode,
                 .bodies = &bodies,
                 .answer = answer ? &*answer : nullptr,
                 .peers = settings.peers};
  op->run(call);
  for (size_t i = 0; i < out.size(); ++i) {
    frame.values[static_cast<size_t>(node.outputs[i])] = std::move(out[i]);
  }
  if (settings.record == nullptr) return;
  RunRecord& record = *settings.record;
  record.work.launches += 1;
  if (call.macs_per_cell != 0) {
    record.work.macs += call.macs_per_cell * call.n;
    for (const int64_t cell : frame.cells) {
      record.macs[static_cast<size_t>(cell)] += call.macs_per_cell;
    }
  }
  if (decides && settings.mode != Mode::kSoft) {
    record_decisions(frame.values[static_cast<size_t>(node.outputs[0])], frame, node, record);
  }
}

std::vector<at::Tensor> Interpreter::run_block(const Block& block,
                                               const std::vector<at::Tensor>& inputs,
                                               std::vector<int64_t> cells,
                                               const InterpreterSettings& settings) const {
  Frame frame{.block = &block,
              .values = std::vector<at::Tensor>(block.values.size()),
              .cells = std::move(cells)};
  FOVEA_CHECK(inputs.size() == block.inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    frame.values[static_cast<size_t>(block.inputs[i])] = inputs[i];
  }
  std::vector<int> order(block.nodes.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<int> last = last_uses(block, order);
  for (const ValueId id : block.results) {
    last[static_cast<size_t>(id)] = static_cast<int>(order.size());
  }
  for (size_t at = 0; at < block.nodes.size(); ++at) {
    const Node& node = block.nodes[at];
    run_node(frame, node, settings);
    for (const ValueId id : node.inputs) {
      if (last[static_cast<size_t>(id)] <= static_cast<int>(at)) {
        frame.values[static_cast<size_t>(id)] = at::Tensor();
      }
    }
  }
  std::vector<at::Tensor> results;
  results.reserve(block.results.size());
  for (const ValueId id : block.results) {
    results.push_back(frame.values[static_cast<size_t>(id)]);
  }
  return results;
}

std::vector<int> last_uses(const Block& block, const std::vector<int>& order) {
  std::vector<int> last(block.values.size(), -1);
  for (size_t at = 0; at < order.size(); ++at) {
    for (const ValueId id : block.nodes[static_cast<size_t>(order[at])].inputs) {
      last[static_cast<size_t>(id)] = static_cast<int>(at);
    }
  }
  return last;
}

}  // namespace fovea
