// Assembling a graph node by node; used by the builder and by the parser, so that a graph from
// either is checked by the same code.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fovea/graph.h"
#include "graph/op_def.h"

namespace fovea {

/// Names of parameters that differ from "NODE.SLOT", by slot.
using ParamNames = std::map<std::string, std::string, std::less<>>;

/// Collects blocks and parameters. Every add checks names, arity, types and bodies, and throws
/// Error (kBadInput) that names the node, the shapes and what was expected.
class Assembler {
 public:
  explicit Assembler(std::string name);

  /// Starts a nested body; nodes go there until end_body().
  void begin_body(std::string name);
  Block end_body(std::vector<ValueId> results);

  ValueId add_input(std::string name, ValueType type);
  /// Appends a node; gives its outputs.
  std::vector<ValueId> add_node(const OpDef* op, std::string name, AttributesPtr attributes,
                                std::vector<ValueId> inputs, std::vector<Block> bodies,
                                const ParamNames& param_names);
  void add_tap(std::string name, ValueId value);
  [[nodiscard]] const ValueType& type(ValueId id) const { return open_.back().value(id).type; }
  [[nodiscard]] const Value& value(ValueId id) const { return open_.back().value(id); }
  [[nodiscard]] std::optional<ValueId> find(std::string_view value_name) const;
  /// Names of the values so far of the block being built, for messages.
  [[nodiscard]] std::vector<std::string> value_names() const;
  [[nodiscard]] int depth() const { return static_cast<int>(open_.size()) - 1; }

  /// The finished graph; checks that there is an input and an exit.
  Graph finish();

 private:
  ParamId param_of(const NodeView& view, const ParamSlot& slot, const ParamNames& names);
  void claim_name(const std::string& name);

  std::string name_;
  std::vector<Block> open_;  ///< main block, then the bodies being built
  std::vector<std::unordered_map<std::string, ValueId>> by_name_;
  std::set<std::string> node_names_;
  std::vector<Param> params_;
  std::unordered_map<std::string, ParamId> param_ids_;
  std::vector<Tap> taps_;
  std::set<std::string> tap_names_;
};

}  // namespace fovea
