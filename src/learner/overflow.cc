#include "learner/overflow.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "graph/op_def.h"
#include "learner/torch_tensor.h"

namespace fovea {
namespace {

bool finite(const at::Tensor& tensor) {
  return !tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>();
}

bool finite(const Tensor& tensor) {
  if (tensor.dtype() != DType::kF32) return true;
  const auto values = tensor.data<float>();
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

}  // namespace

std::string first_overflow(const TrainableNetwork& network, const at::Tensor& values, Mode mode) {
  const at::AutoGradMode grad(false);
  const at::Tensor input = values.to(network.device());
  if (!finite(input)) return "the input";
  const Graph& graph = network.graph();
  const NamedTensors state = network.state();
  std::vector<at::Tensor> params;
  for (const Param& param : graph.params()) {
    params.push_back(to_torch(state.at(param.name), network.device()));
  }
  const Interpreter interpreter(graph, params);
  const Block& main = graph.main();
  Frame frame{.block = &main,
              .values = std::vector<at::Tensor>(main.values.size()),
              .cells = std::vector<int64_t>(static_cast<size_t>(input.size(0)))};
  std::iota(frame.cells.begin(), frame.cells.end(), 0);
  frame.values[static_cast<size_t>(main.inputs[0])] = input;
  for (const Node& node : main.nodes) {
    for (const ParamId id : node.params) {
      // Running statistics are no part of a step in training.
      const Param& param = graph.params()[static_cast<size_t>(id)];
      if (is_trained(param.role) && !finite(params[static_cast<size_t>(id)])) {
        return "weight '" + param.name + "'";
      }
    }
    interpreter.run_node(frame, node, {.phase = Phase::kTraining, .mode = mode});
    for (const ValueId id : node.outputs) {
      const at::Tensor& value = frame.values[static_cast<size_t>(id)];
      if (value.defined() && !finite(value)) {
        return "layer '" + node.name + "' (" + std::string(node.op->name) + ")";
      }
    }
  }
  return "the objective";
}

std::string first_gradient_overflow(const TrainableNetwork& network) {
  const NamedTensors grads = network.grads();
  const Graph& graph = network.graph();
  const auto& nodes = graph.main().nodes;
  std::string other;
  for (const auto& [name, grad] : grads) {
    if (!finite(grad)) other = "the gradient of '" + name + "'";
  }
  if (other.empty()) return {};
  for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
    for (auto id = node->params.rbegin(); id != node->params.rend(); ++id) {
      const std::string& name = graph.params()[static_cast<size_t>(*id)].name;
      const auto found = grads.find(name);
      if (found != grads.end() && !finite(found->second)) return "the gradient of '" + name + "'";
    }
  }
  return other;  // of a nested body
}

}  // namespace fovea
