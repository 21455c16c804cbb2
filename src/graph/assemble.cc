#include "graph/assemble.h"

#include "base/words.h"

namespace fovea {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxNodes = 1 << 20;

[[noreturn]] void refuse(std::string what, std::string where, std::string expected = {},
                         std::string found = {}) {
  throw Error({.kind = ErrorKind::kBadInput,
               .what = std::move(what),
               .where = std::move(where),
               .expected = std::move(expected),
               .found = std::move(found)});
}

void check_name(const std::string& name, const std::string& where) {
  if (name.empty()) refuse("an empty name", where);
  if (!is_utf8(name)) refuse("a name that is no UTF-8", where);
}

void check_arity(const OpDef& op, const std::string& node, size_t n_inputs, size_t n_bodies) {
  const size_t declared = op.inputs.size();
  const bool fits = op.variadic ? n_inputs >= declared : n_inputs == declared;
  if (!fits) {
    refuse(std::string(op.name) + ": wrong number of inputs", "node " + node,
           std::to_string(declared) + (op.variadic ? " or more" : "") + " (" +
               joined(std::span<const std::string_view>(op.inputs), ", ") + ")",
           std::to_string(n_inputs));
  }
  const auto bodies = static_cast<int>(n_bodies);
  if (bodies < op.min_bodies || bodies > op.max_bodies) {
    refuse(std::string(op.name) + ": wrong number of bodies", "node " + node,
           std::to_string(op.min_bodies) + " to " + std::to_string(op.max_bodies),
           std::to_string(bodies));
  }
}

}  // namespace

Assembler::Assembler(std::string name) : name_(std::move(name)) {
  check_name(name_, "name of the graph");
  open_.emplace_back();
  open_.back().name = "main";
  by_name_.emplace_back();
}

void Assembler::begin_body(std::string name) {
  if (depth() >= kMaxDepth) {
    refuse("bodies are nested too deeply", "body " + name, "at most " + std::to_string(kMaxDepth));
  }
  check_name(name, "name of a body");
  // Exits tell by this name that they stand in the main block.
  if (name == "main") refuse("a body called main", "name of a body", "any other name");
  open_.emplace_back();
  open_.back().name = std::move(name);
  by_name_.emplace_back();
}

Block Assembler::end_body(std::vector<ValueId> results) {
  FOVEA_CHECK(depth() > 0);
  Block body = std::move(open_.back());
  body.results = std::move(results);
  if (body.results.empty()) refuse("a body without results", "body " + body.name);
  open_.pop_back();
  by_name_.pop_back();
  return body;
}

void Assembler::claim_name(const std::string& name) {
  check_name(name, "name of a node");
  if (!node_names_.insert(name).second) refuse("two nodes with one name", "node " + name);
  if (node_names_.size() > kMaxNodes) {
    refuse("too many nodes", "graph " + name_, "at most " + std::to_string(kMaxNodes));
  }
}

ValueId Assembler::add_input(std::string name, ValueType type) {
  Block& block = open_.back();
  check_name(name, "name of an input");
  if (type.decision && depth() == 0) {
    refuse("an input of a network that is a decision", "input " + name, "a tensor", type.text());
  }
  if (!type.shape.checked_numel(kMaxElements)) {
    refuse("an input with an impossible shape", "input " + name, {}, type.shape.text());
  }
  for (const int64_t extent : type.shape.dims()) {
    if (extent < 1) refuse("an extent below 1", "input " + name, {}, type.shape.text());
  }
  const auto id = static_cast<ValueId>(block.values.size());
  if (!by_name_.back().emplace(name, id).second) {
    refuse("two values with one name", "input " + name);
  }
  block.values.push_back({std::move(name), std::move(type)});
  block.inputs.push_back(id);
  return id;
}

ParamId Assembler::param_of(const NodeView& view, const ParamSlot& slot, const ParamNames& names) {
  const auto given = names.find(slot.slot);
  Param param{
      .name = given == names.end() ? view.name() + "." + std::string(slot.slot) : given->second,
      .shape = slot.shape,
      .role = slot.role,
      .init = slot.init,
      .fan_in = slot.fan_in,
      .fan_out = slot.fan_out};
  check_name(param.name, "name of a parameter of node " + view.name());
  if (slot.shape.rank() > 0) require_sane(slot.shape, view);
  const auto [at, is_new] = param_ids_.emplace(param.name, static_cast<ParamId>(params_.size()));
  if (is_new) {
    params_.push_back(std::move(param));
  } else {
    const Param& known = params_[static_cast<size_t>(at->second)];
    require(known.shape == param.shape && known.role == param.role, view,
            "parameter " + param.name + " is shared with another shape or role", known.shape.text(),
            param.shape.text());
  }
  return at->second;
}

std::vector<ValueId> Assembler::add_node(const OpDef* op, std::string name,
                                         AttributesPtr attributes, std::vector<ValueId> inputs,
                                         std::vector<Block> bodies, const ParamNames& param_names) {
  claim_name(name);
  check_arity(*op, name, inputs.size(), bodies.size());
  Block& block = open_.back();
  for (const ValueId input : inputs) {
    FOVEA_CHECK(input >= 0 && static_cast<size_t>(input) < block.values.size());
  }
  Node node{.name = std::move(name),
            .op = op,
            .attributes = attributes ? std::move(attributes) : op->attributes()->make_default(),
            .inputs = std::move(inputs),
            .bodies = std::move(bodies)};
  const NodeView view(node, block, params_);
  const std::vector<ValueType> types = op->infer(view);
  for (const ValueType& type : types) require_sane(type.shape, view);
  if (op->params != nullptr) {
    size_t used = 0;
    std::vector<ParamId> ids;
    for (const ParamSlot& slot : op->params(view)) {
      used += param_names.count(slot.slot);
      ids.push_back(param_of(view, slot, param_names));
    }
    require(used == param_names.size(), view, "a parameter name for a slot it does not have");
    node.params = std::move(ids);
  } else {
    require(param_names.empty(), view, "takes no parameters");
  }
  for (size_t i = 0; i < types.size(); ++i) {
    const auto id = static_cast<ValueId>(block.values.size());
    std::string value_name = types.size() == 1 ? node.name : node.name + ":" + std::to_string(i);
    if (!by_name_.back().emplace(value_name, id).second) {
      refuse("two values with one name", "node " + node.name);
    }
    block.values.push_back({std::move(value_name), types[i]});
    node.outputs.push_back(id);
  }
  block.nodes.push_back(std::move(node));
  return block.nodes.back().outputs;
}

void Assembler::add_tap(std::string name, ValueId value) {
  FOVEA_CHECK(depth() == 0);
  check_name(name, "name of a tap");
  if (!tap_names_.insert(name).second || by_name_.front().contains(name)) {
    refuse("two values with one name", "tap " + name);
  }
  taps_.push_back({std::move(name), value});
}

std::optional<ValueId> Assembler::find(std::string_view value_name) const {
  const auto at = by_name_.back().find(std::string(value_name));
  return at == by_name_.back().end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::string> Assembler::value_names() const {
  std::vector<std::string> names;
  for (const Value& value : open_.back().values) names.push_back(value.name);
  return names;
}

Graph Assembler::finish() {
  FOVEA_CHECK(depth() == 0);
  if (open_.back().inputs.empty()) refuse("a network without inputs", "graph " + name_);
  for (const Tap& tap : taps_) {
    if (by_name_.front().contains(tap.name)) refuse("two values with one name", "tap " + tap.name);
  }
  Graph graph(name_, std::move(open_.back()), std::move(params_), std::move(taps_));
  if (graph.n_exits() == 0) {
    refuse("a network without exits", "graph " + name_,
           "at least one exit (a static network has one)");
  }
  const int64_t classes = graph.n_classes();
  for (int e = 0; e < graph.n_exits(); ++e) {
    const Shape& shape = graph.main().value(graph.exit_logits(e)).type.shape;
    if (shape[0] != classes) {
      refuse("exits with different numbers of classes", "exit " + std::to_string(e),
             std::to_string(classes), shape.text());
    }
  }
  return graph;
}

}  // namespace fovea
