// A network written once: typed values, nodes, named parameters, nested bodies.
//
// Everything else derives from it: reference, learner, runtime, cost, drawing, text, model file.
// Shapes are per cell of a value's domain (now: the sample); the batch is not in the graph.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/tensor.h"

namespace fovea {

struct OpDef;
class Attributes;
using AttributesPtr = std::shared_ptr<const Attributes>;

/// What one decision is made about. Further domains arrive with the operators that need them.
enum class Domain : uint8_t { kSample };

/// What a decision says about a cell: yes or no, or one of n bodies.
enum class DecisionKind : uint8_t { kBinary, kOneOfN };

/// The type of a value: a float32 tensor per cell, or a decision per cell.
struct ValueType {
  Domain domain = Domain::kSample;
  Shape shape;                           ///< per cell; for a decision: [number of choices]
  std::optional<DecisionKind> decision;  ///< set where the value is a decision
  bool operator==(const ValueType&) const = default;
  [[nodiscard]] std::string text() const;
};

using ValueId = int32_t;
using ParamId = int32_t;

struct Value {
  std::string name;
  ValueType type;
};

/// What a parameter is to training and to the model file.
enum class ParamRole : uint8_t {
  kWeight,       ///< trained
  kBias,         ///< trained
  kRunningMean,  ///< statistic of normalisation
  kRunningVar,   ///< statistic of normalisation
  kCounter,      ///< int64 scalar; may be absent from files
};
[[nodiscard]] constexpr bool is_trained(ParamRole role) {
  return role == ParamRole::kWeight || role == ParamRole::kBias;
}

/// How a parameter starts (specs of the papers; He et al. 2015 for the fan rules).
enum class Init : uint8_t {
  kZeros,
  kOnes,
  kUniformFanIn,  ///< uniform ±1/sqrt(fan in)
  kNormalFanOut,  ///< normal, std sqrt(2/(kh·kw·out))
};

struct Param {
  std::string name;  ///< unique in the graph; the state-dict key of the published program
  Shape shape;
  ParamRole role = ParamRole::kWeight;
  Init init = Init::kZeros;
  int64_t fan_in = 1;
  int64_t fan_out = 1;
  bool operator==(const Param&) const = default;
};

struct Block;

/// One application of an operator.
struct Node {
  std::string name;  ///< unique in the whole graph, bodies included
  const OpDef* op = nullptr;
  AttributesPtr attributes;
  std::vector<ValueId> inputs;   ///< in the node's own block
  std::vector<ValueId> outputs;  ///< in the node's own block
  std::vector<ParamId> params;   ///< in the order of the operator's slots
  std::vector<Block> bodies;     ///< nested, with explicit inputs and no captures
};

/// Nodes in an order in which they can be executed.
struct Block {
  std::string name;
  std::vector<Value> values;
  std::vector<ValueId> inputs;
  std::vector<Node> nodes;
  std::vector<ValueId> results;  ///< empty in the main block: there exits are the results

  [[nodiscard]] const Value& value(ValueId id) const { return values[static_cast<size_t>(id)]; }
};

/// A second name of a value, under which it can be tapped.
struct Tap {
  std::string name;
  ValueId value = -1;
};

/// A verified network. Made by a Builder or by parsing the text form; immutable afterwards.
/// Thread-safety: may be read by many threads.
class Graph {
 public:
  Graph(std::string name, Block main, std::vector<Param> params, std::vector<Tap> taps);

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Block& main() const noexcept { return main_; }
  [[nodiscard]] const std::vector<Param>& params() const noexcept { return params_; }
  [[nodiscard]] const Param& param(ParamId id) const { return params_[static_cast<size_t>(id)]; }
  [[nodiscard]] const std::vector<Tap>& taps() const noexcept { return taps_; }
  /// Index in main().nodes of every exit, cheapest first as the network orders them.
  [[nodiscard]] const std::vector<int>& exits() const noexcept { return exits_; }
  [[nodiscard]] int n_exits() const noexcept { return static_cast<int>(exits_.size()); }
  /// The value that holds an exit's logits.
  [[nodiscard]] ValueId exit_logits(int exit) const;
  /// Length of the last exit's logits.
  [[nodiscard]] int64_t n_classes() const;
  /// A value of the main block by its name or tap name, or nothing.
  [[nodiscard]] std::optional<ValueId> find_value(std::string_view name) const;
  /// Number of trained parameters.
  [[nodiscard]] int64_t n_params() const;

 private:
  std::string name_;
  Block main_;
  std::vector<Param> params_;
  std::vector<Tap> taps_;
  std::vector<int> exits_;
};

/// The text form (docs/graph-text.md); parses back to an equal graph.
[[nodiscard]] std::string to_text(const Graph& graph);
/// Parses the text form. Errors (kBadInput) name line and column. `source` stands in messages.
[[nodiscard]] Result<Graph> parse_graph(std::string_view text, std::string_view source);
/// Equal networks: same nodes, attributes, parameters, names.
[[nodiscard]] bool operator==(const Graph& a, const Graph& b);
/// Stable over runs and machines: hash of the text form.
[[nodiscard]] uint64_t hash_of(const Graph& graph);

}  // namespace fovea
