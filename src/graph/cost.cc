#include "graph/cost.h"

#include <set>

namespace fovea {

Cost node_cost(const Node& node, const Block& block, const std::vector<Param>& params) {
  if (node.op->cost == nullptr) return {};
  return node.op->cost(NodeView(node, block, params));
}

Cost block_cost(const Block& block, const std::vector<Param>& params) {
  Cost sum;
  for (const Node& node : block.nodes) sum += node_cost(node, block, params);
  return sum;
}

std::vector<char> needed_by(const Graph& graph, std::span<const int> exits) {
  const Block& main = graph.main();
  std::vector<char> value_needed(main.values.size(), 0);
  std::vector<char> node_needed(main.nodes.size(), 0);
  for (const int exit : exits)
    node_needed[static_cast<size_t>(graph.exits()[static_cast<size_t>(exit)])] = 1;
  for (size_t i = main.nodes.size(); i-- > 0;) {
    const Node& node = main.nodes[i];
    for (const ValueId out : node.outputs) {
      if (value_needed[static_cast<size_t>(out)] != 0) node_needed[i] = 1;
    }
    if (node_needed[i] == 0) continue;
    for (const ValueId in : node.inputs) value_needed[static_cast<size_t>(in)] = 1;
  }
  return node_needed;
}

std::vector<int64_t> macs_when_leaving(const Graph& graph, std::span<const int> asked) {
  const Block& main = graph.main();
  std::vector<int64_t> out;
  for (size_t i = 0; i < asked.size(); ++i) {
    const std::vector<char> needed = needed_by(graph, asked.subspan(0, i + 1));
    int64_t macs = 0;
    for (size_t k = 0; k < main.nodes.size(); ++k) {
      if (needed[k] == 0) continue;
      macs = saturating_sum(macs, node_cost(main.nodes[k], main, graph.params()).macs);
    }
    out.push_back(macs);
  }
  return out;
}

namespace {

void collect_params(const Node& node, const std::vector<Param>& params, std::set<ParamId>& seen,
                    int64_t& total) {
  for (const ParamId id : node.params) {
    const Param& param = params[static_cast<size_t>(id)];
    if (is_trained(param.role) && seen.insert(id).second) total += param.shape.numel();
  }
  for (const Block& body : node.bodies) {
    for (const Node& inner : body.nodes) collect_params(inner, params, seen, total);
  }
}

}  // namespace

std::vector<ExitCost> exit_costs(const Graph& graph) {
  const Block& main = graph.main();
  std::vector<int> all;
  for (int e = 0; e < graph.n_exits(); ++e) all.push_back(e);
  const std::vector<int64_t> needed = macs_when_leaving(graph, all);
  std::vector<ExitCost> out;
  Cost before;
  int64_t params_before = 0;
  std::set<ParamId> seen;
  size_t next = 0;
  for (int e = 0; e < graph.n_exits(); ++e) {
    const auto position = static_cast<size_t>(graph.exits()[static_cast<size_t>(e)]);
    for (; next <= position; ++next) {
      before += node_cost(main.nodes[next], main, graph.params());
      collect_params(main.nodes[next], graph.params(), seen, params_before);
    }
    ExitCost cost{.macs = before.macs,
                  .macs_needed = needed[static_cast<size_t>(e)],
                  .ops = before.ops,
                  .params = params_before};
    const int only = e;
    const std::vector<char> single = needed_by(graph, std::span(&only, 1));
    for (size_t k = 0; k < main.nodes.size(); ++k) {
      if (single[k] == 0) continue;
      cost.macs_single =
          saturating_sum(cost.macs_single, node_cost(main.nodes[k], main, graph.params()).macs);
      for (const ValueId id : main.nodes[k].outputs) {
        cost.activation_bytes +=
            main.value(id).type.shape.numel() * static_cast<int64_t>(sizeof(float));
      }
    }
    out.push_back(cost);
  }
  return out;
}

}  // namespace fovea
