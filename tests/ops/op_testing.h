// One operator alone: its definition through the text form, its reference facet on given tensors.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "fovea/graph.h"
#include "graph/op_def.h"
#include "ops/facet_ref.h"

namespace fovea {

/// A graph whose inputs are called a, b, c, … and whose only node, "op", is written as in the text
/// form: "conv2d(a) channels=2 kernel=3x3". An exit on a spare input makes it a network.
inline Result<Graph> parse_op(std::string_view op, const std::vector<Shape>& inputs) {
  std::string text = "fovea-graph 1\ngraph test\nops exit@1\n";
  char name = 'a';
  for (const Shape& shape : inputs) {
    text += "input " + std::string(1, name++) + " " + shape.text() + "\n";
  }
  text += "input spare [1]\nop = " + std::string(op) + "\nexit.0 = exit(spare)\n";
  return parse_graph(text, "test");
}

class OpUnderTest {
 public:
  OpUnderTest(std::string_view op, const std::vector<Shape>& inputs)
      : graph_(parse_op(op, inputs).value()) {}

  [[nodiscard]] NodeView view() const {
    return {graph_.main().nodes[0], graph_.main(), graph_.params()};
  }
  [[nodiscard]] const Shape& shape() const { return view().output(); }
  [[nodiscard]] Cost cost() const {
    return view().node().op->cost == nullptr ? Cost{} : view().node().op->cost(view());
  }
  [[nodiscard]] Shape param_shape(int i) const { return view().param(i).shape; }

  /// Result of the reference facet; `inputs` and `params` give the values of N cells.
  Tensor run(const std::vector<std::vector<float>>& inputs,
             const std::vector<std::vector<float>>& params = {}) {
    std::vector<Tensor> in;
    std::vector<Tensor> slots;
    const auto n = static_cast<int64_t>(inputs[0].size()) / view().input(0).numel();
    for (size_t i = 0; i < inputs.size(); ++i) {
      in.emplace_back(view().input(static_cast<int>(i)).batched(n), inputs[i]);
    }
    for (size_t i = 0; i < params.size(); ++i) {
      slots.emplace_back(param_shape(static_cast<int>(i)), params[i]);
    }
    std::vector<Tensor> out{view().output_type(0).decision ? Tensor::i64({n})
                                                           : Tensor::f32(shape().batched(n))};
    macs_.assign(static_cast<size_t>(n), 0);
    find_ref_op(view().node().op->name)
        ->run(
            {.node = view(), .in = in, .params = slots, .out = out, .n = n, .macs = macs_.data()});
    return out[0];
  }
  /// The values alone.
  std::vector<float> values(const std::vector<std::vector<float>>& inputs,
                            const std::vector<std::vector<float>>& params = {}) {
    const Tensor out = run(inputs, params);
    return {out.data<float>().begin(), out.data<float>().end()};
  }
  /// What the last run counted, per cell.
  [[nodiscard]] const std::vector<int64_t>& macs() const { return macs_; }

 private:
  Graph graph_;
  std::vector<int64_t> macs_;
};

/// Message of the error that the definition gives, or "no error".
inline std::string op_error(std::string_view op, const std::vector<Shape>& inputs) {
  const Result<Graph> graph = parse_op(op, inputs);
  return graph.ok() ? "no error" : graph.error().message();
}

/// 1, 2, …, n.
inline std::vector<float> counting(int64_t n) {
  std::vector<float> out;
  for (int64_t i = 1; i <= n; ++i) out.push_back(static_cast<float>(i));
  return out;
}

}  // namespace fovea
