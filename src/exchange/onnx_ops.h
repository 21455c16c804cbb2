// How each operator is written in ONNX.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exchange/onnx_graph.h"
#include "fovea/error.h"
#include "graph/op_def.h"

namespace fovea {

/// One node of ours on its way into an ONNX graph.
struct OnnxCall {
  const NodeView& node;
  int64_t batch = 1;
  const std::vector<std::string>& inputs;  ///< ONNX names of the node's inputs
  std::string output;                      ///< ONNX name that the result must get
  const NamedTensors& params;
  OnnxGraph& graph;
};

/// Weight and bias of a convolution, perhaps with a normalisation folded in.
struct FoldedConv {
  Tensor weight;
  Tensor bias;  ///< undefined where there is none
};
[[nodiscard]] FoldedConv folded_conv(const NodeView& conv, const NodeView* batch_norm,
                                     const NamedTensors& params);

/// Writes a convolution with the given weights.
void write_conv(const OnnxCall& call, const FoldedConv& weights);

/// Writes any other node. Errors (kUsage) for operators that ONNX cannot express.
[[nodiscard]] Status write_onnx_node(const OnnxCall& call);

/// True for a node whose result is its input: a resize to the same size.
[[nodiscard]] bool is_identity(const NodeView& node);

}  // namespace fovea
