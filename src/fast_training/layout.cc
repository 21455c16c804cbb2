#include "fast_training/layout.h"

#include <functional>

#include "graph/op_def.h"

namespace fovea::fast {
namespace {

/// A value inside another one.
struct Parent {
  ValueId whole = -1;
  int64_t channel = 0;
};

}  // namespace

Extents extents_of(const Shape& shape) {
  FOVEA_CHECK(shape.rank() == 1 || shape.rank() == 3);
  return shape.rank() == 1 ? Extents{shape[0], 1, 1} : Extents{shape[0], shape[1], shape[2]};
}

bool Layout::is_view(const Block& block, const Node& node) {
  const std::string_view op = node.op->name;
  if (op != "flatten" && op != "resize") return false;
  const Extents src = extents_of(block.value(node.inputs[0]).type.shape);
  const Extents dst = extents_of(block.value(node.outputs[0]).type.shape);
  return src == dst;
}

Layout::Layout(const Graph& graph) {
  const Block& main = graph.main();
  const size_t n = main.values.size();
  for (const Value& value : main.values) extents_.push_back(extents_of(value.type.shape));
  readers_.assign(n, 0);
  std::vector<Parent> parents(n);
  std::vector<char> has_children(n, 0);
  for (const Node& node : main.nodes) {
    for (const ValueId id : node.inputs) readers_[at(id)] += 1;
    if (!is_view(main, node)) continue;
    parents[at(node.outputs[0])] = {node.inputs[0], 0};
    has_children[at(node.inputs[0])] = 1;
  }
  // A view's source is what is placed. Later concatenations hold earlier ones, so they choose
  // first.
  const auto viewed = [&](ValueId id) {
    while (parents[at(id)].whole >= 0) {
      if (extents_[at(parents[at(id)].whole)] != extents_[at(id)]) break;
      id = parents[at(id)].whole;
    }
    return id;
  };
  // Not a view: clang 14, which lints, cannot read those of libstdc++.
  // NOLINTNEXTLINE(modernize-loop-convert)
  for (auto it = main.nodes.rbegin(); it != main.nodes.rend(); ++it) {
    const Node& node = *it;
    if (node.op->name != "concat") continue;
    int64_t channel = 0;
    for (const ValueId part : node.inputs) {
      const ValueId source = viewed(part);
      if (parents[at(source)].whole < 0) {
        parents[at(source)] = {node.outputs[0], channel};
        has_children[at(node.outputs[0])] = 1;
      }
      channel += extents_[at(part)].c;
    }
  }
  values_.resize(n);
  const std::function<Place(ValueId)> place = [&](ValueId id) {
    Place& known = values_[at(id)];
    if (known.root >= 0) return known;
    const Parent parent = parents[at(id)];
    if (parent.whole < 0) {
      known = {n_roots(), 0};
      roots_.push_back(extents_[at(id)]);
    } else {
      known = place(parent.whole);
      known.channel += parent.channel;
    }
    return known;
  };
  own_root_.assign(n, 0);
  for (size_t id = 0; id < n; ++id) {
    place(static_cast<ValueId>(id));
    own_root_[id] = parents[id].whole < 0 && has_children[id] == 0 ? 1 : 0;
  }
  gradients_ = values_;
}

bool Layout::lies_in(ValueId part, ValueId whole, int64_t channel) const {
  const Place a = value(part);
  const Place b = value(whole);
  return a.root == b.root && a.channel == b.channel + channel;
}

bool Layout::share_gradient(ValueId source, ValueId result) {
  if (n_readers(source) != 1 || own_root_[at(source)] == 0) return false;
  FOVEA_CHECK(extents(source) == extents(result));
  gradients_[at(source)] = gradient(result);
  return true;
}

}  // namespace fovea::fast
