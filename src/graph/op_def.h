// What the graph layer knows of an operator: names, attributes, shapes, parameters, cost.
// Executors' facets live in ops/ and are tables of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/graph.h"
#include "graph/attributes.h"

namespace fovea {

/// A node together with the block and graph it stands in; what every facet reads.
class NodeView {
 public:
  NodeView(const Node& node, const Block& block, const std::vector<Param>& params)
      : node_(&node), block_(&block), params_(&params) {}
  [[nodiscard]] const Node& node() const noexcept { return *node_; }
  [[nodiscard]] const Block& block() const noexcept { return *block_; }
  [[nodiscard]] const std::string& name() const noexcept { return node_->name; }
  [[nodiscard]] int n_inputs() const noexcept { return static_cast<int>(node_->inputs.size()); }
  [[nodiscard]] int n_outputs() const noexcept { return static_cast<int>(node_->outputs.size()); }
  [[nodiscard]] const ValueType& input_type(int i) const {
    return block_->value(node_->inputs[static_cast<size_t>(i)]).type;
  }
  [[nodiscard]] const ValueType& output_type(int i) const {
    return block_->value(node_->outputs[static_cast<size_t>(i)]).type;
  }
  [[nodiscard]] const Shape& input(int i) const { return input_type(i).shape; }
  [[nodiscard]] const Shape& output(int i = 0) const { return output_type(i).shape; }
  [[nodiscard]] int n_params() const noexcept { return static_cast<int>(node_->params.size()); }
  [[nodiscard]] const Param& param(int i) const {
    return (*params_)[static_cast<size_t>(node_->params[static_cast<size_t>(i)])];
  }
  [[nodiscard]] const std::vector<Param>& all_params() const noexcept { return *params_; }
  template <typename T>
  [[nodiscard]] const T& attributes() const {
    return node_->attributes->as<T>();
  }

 private:
  const Node* node_;
  const Block* block_;
  const std::vector<Param>* params_;
};

/// Sum of two counts; the largest number where it does not fit.
constexpr int64_t saturating_sum(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

/// Work of one node for one cell (specs/survey.md 7.4, specs/ranet.md 5).
struct Cost {
  int64_t macs = 0;  ///< multiply-adds of convolutions and linear layers, padded taps included
  int64_t ops = 0;   ///< the published RANet/MSDNet counter's rule
  int64_t scalar_ops = 0;  ///< pooling, activations, resizes: one per output element and tap
  Cost& operator+=(const Cost& other) {
    macs = saturating_sum(macs, other.macs);
    ops = saturating_sum(ops, other.ops);
    scalar_ops = saturating_sum(scalar_ops, other.scalar_ops);
    return *this;
  }
  bool operator==(const Cost&) const = default;
};

/// A parameter that an operator wants.
struct ParamSlot {
  std::string_view slot;  ///< last part of the parameter's name: "weight", "running_mean", …
  Shape shape;
  ParamRole role = ParamRole::kWeight;
  Init init = Init::kZeros;
  int64_t fan_in = 1;
  int64_t fan_out = 1;
};

struct OpDef {
  std::string_view name;
  int version = 1;
  std::string_view summary;  ///< one sentence for the documentation
  const AttributeType* (*attributes)() = nullptr;
  std::vector<std::string_view> inputs;  ///< names, in order
  bool variadic = false;                 ///< the last input may be repeated
  int min_bodies = 0;
  int max_bodies = 0;
  /// Types of the outputs; throws Error through require() where inputs do not fit.
  std::vector<ValueType> (*infer)(const NodeView&) = nullptr;
  /// Parameters wanted; null where there are none. Called after the inputs were checked by infer.
  std::vector<ParamSlot> (*params)(const NodeView&) = nullptr;
  /// Work per cell; null where nothing is counted. Bodies are counted by the operator itself.
  Cost (*cost)(const NodeView&) = nullptr;
};

/// The operator of that name, or null. Defined by ops/, which holds the list.
[[nodiscard]] const OpDef* find_op(std::string_view name);
/// All operators, in the order of the list.
[[nodiscard]] std::vector<const OpDef*> all_ops();

/// Throws Error that names the node unless `condition` holds.
void require(bool condition, const NodeView& view, std::string_view what, std::string expected = {},
             std::string found = {});

/// Largest number of elements that a value or parameter may have: the work of one node, at most a
/// product of two such numbers and 4, fits 64 bits.
inline constexpr int64_t kMaxElements = int64_t{1} << 30;

/// Throws Error unless every extent is at least 1 and the product at most kMaxElements.
void require_sane(const Shape& shape, const NodeView& view);

}  // namespace fovea
