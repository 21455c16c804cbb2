#include <cstdint>
#include <limits>
#include <set>
#include <string_view>

#include "fast_training/network.h"
#include "graph/op_def.h"
#include "ops/slice/slice.h"

namespace fovea::fast {
namespace {

/// Offsets inside a value are counted in 32 bits.
constexpr int64_t kMostElements = int64_t{1} << 26;

bool supported(const Block& block, const Node& node) {
  static const std::set<std::string_view> ops{
      "conv2d", "batch_norm", "relu", "relu6", "max_pool2d", "avg_pool2d", "mean_hw",
      "linear", "concat",     "add",  "exit",  "flatten",    "resize",     "slice"};
  const std::string_view op = node.op->name;
  if (!ops.contains(op)) return false;
  if (op == "slice") return node.attributes->as<Slice>().axis == 0;
  if (op == "add") {
    return block.value(node.inputs[0]).type.shape == block.value(node.inputs[1]).type.shape;
  }
  return true;
}

}  // namespace

std::optional<std::string> obstacle(const Graph& graph) {
  const Block& main = graph.main();
  if (main.inputs.size() != 1) return "more than one input";
  for (const Value& value : main.values) {
    const Shape& shape = value.type.shape;
    if (value.type.decision) return "the decision '" + value.name + "'";
    if ((shape.rank() != 1 && shape.rank() != 3) || shape.numel() > kMostElements) {
      return "the shape " + shape.text() + " of '" + value.name + "'";
    }
  }
  for (const Node& node : main.nodes) {
    if (!supported(main, node)) {
      return "the operator '" + std::string(node.op->name) + "' of '" + node.name + "'";
    }
  }
  return std::nullopt;
}

}  // namespace fovea::fast
