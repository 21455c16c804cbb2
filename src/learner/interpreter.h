// Runs a graph node by node through the LibTorch facets; training and the executor share it.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "fovea/executor.h"
#include "fovea/graph.h"
#include "learner/equilibrium.h"
#include "ops/facet_torch.h"

namespace fovea {

/// What a run decided and executed; by place in the batch.
struct RunRecord {
  std::vector<int64_t> macs;  ///< [N]
  WorkReport work;
  std::map<std::string, std::vector<int64_t>> decisions;  ///< per decision point [N]; -1: no cell
};

/// How nodes are run.
struct InterpreterSettings {
  Phase phase = Phase::kInference;
  Mode mode = Mode::kCompact;
  /// Answers of decision points; null: the nodes' own rules.
  const ResolvedPolicy* policy = nullptr;
  /// In training, the processes whose cells are normalised together with these; may be null.
  BatchPeers* peers = nullptr;
  /// Receives counts and decisions; null in training.
  RunRecord* record = nullptr;
  /// Of the main block in training; null: gradients flow as they are.
  const GradientScales* gradient_scales = nullptr;
};

/// The values of one block while it runs.
struct Frame {
  const Block* block = nullptr;
  std::vector<at::Tensor> values;  ///< by ValueId; undefined where not computed or released
  std::vector<int64_t> cells;      ///< place in the batch of each row
};

/// Parameters are by ParamId. Not thread-safe; the graph must outlive it.
class Interpreter {
 public:
  Interpreter(const Graph& graph, const std::vector<at::Tensor>& params);

  /// Runs one node of the frame's block; exits do nothing. Throws Error (kUsage) where a replayed
  /// trace says nothing, or nothing possible, for a cell.
  void run_node(Frame& frame, const Node& node, const InterpreterSettings& settings) const;
  /// Runs all nodes of a block and gives its results; values are released after their last use.
  [[nodiscard]] std::vector<at::Tensor> run_block(const Block& block,
                                                  const std::vector<at::Tensor>& inputs,
                                                  std::vector<int64_t> cells,
                                                  const InterpreterSettings& settings) const;
  [[nodiscard]] const Graph& graph() const { return *graph_; }

 private:
  class Bodies;
  const Graph* graph_;
  const std::vector<at::Tensor>* params_;
};

/// For each value of a block, the position in `order` of the node that reads it last, or -1.
[[nodiscard]] std::vector<int> last_uses(const Block& block, const std::vector<int>& order);

}  // namespace fovea
