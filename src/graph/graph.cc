#include "fovea/graph.h"

#include <unordered_map>

#include "base/noise.h"
#include "graph/op_def.h"

namespace fovea {

std::string ValueType::text() const {
  if (!decision) return shape.text();
  return (*decision == DecisionKind::kBinary ? "binary" : "one_of_n") + shape.text();
}

Graph::Graph(std::string name, Block main, std::vector<Param> params, std::vector<Tap> taps)
    : name_(std::move(name)),
      main_(std::move(main)),
      params_(std::move(params)),
      taps_(std::move(taps)) {
  for (size_t i = 0; i < main_.nodes.size(); ++i) {
    if (main_.nodes[i].op->name == "exit") exits_.push_back(static_cast<int>(i));
  }
}

ValueId Graph::exit_logits(int exit) const {
  const Node& node = main_.nodes[static_cast<size_t>(exits_[static_cast<size_t>(exit)])];
  return node.inputs[0];
}

int64_t Graph::n_classes() const { return main_.value(exit_logits(n_exits() - 1)).type.shape[0]; }

std::optional<ValueId> Graph::find_value(std::string_view name) const {
  for (const Tap& tap : taps_) {
    if (tap.name == name) return tap.value;
  }
  for (size_t i = 0; i < main_.values.size(); ++i) {
    if (main_.values[i].name == name) return static_cast<ValueId>(i);
  }
  return std::nullopt;
}

int64_t Graph::n_params() const {
  int64_t n = 0;
  for (const Param& param : params_) {
    if (is_trained(param.role)) n += param.shape.numel();
  }
  return n;
}

bool operator==(const Graph& a, const Graph& b) { return to_text(a) == to_text(b); }

uint64_t hash_of(const Graph& graph) { return fnv1a(to_text(graph)); }

void require(bool condition, const NodeView& view, std::string_view what, std::string expected,
             std::string found) {
  if (condition) return;
  if (found.empty()) {
    for (int i = 0; i < view.n_inputs(); ++i) {
      found += (i == 0 ? "inputs " : ", ") + view.input_type(i).text();
    }
  }
  throw Error({.kind = ErrorKind::kBadInput,
               .what = std::string(view.node().op->name) + ": " + std::string(what),
               .where = "node " + view.name(),
               .expected = std::move(expected),
               .found = std::move(found)});
}

void require_sane(const Shape& shape, const NodeView& view) {
  for (const int64_t extent : shape.dims()) {
    require(extent >= 1, view, "an extent below 1", "extents of at least 1", shape.text());
  }
  require(shape.checked_numel(kMaxElements).has_value(), view, "too many elements",
          "at most " + std::to_string(kMaxElements), shape.text());
}

}  // namespace fovea
