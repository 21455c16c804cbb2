// Training of a network on the CPU without a tape: a plan of steps, made once from the graph.
//
// Samples lie side by side in vectors (maps.h), memory is planned, normalisation and activation are
// one step, concatenation copies nothing where a part has one place. float32, sums of statistics in
// double. Everything is free of LibTorch.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fast_training/step.h"
#include "fovea/graph.h"

namespace fovea::fast {

/// What of the graph the plan cannot carry out, as "operator 'route' (node gate)"; nothing where it
/// can.
[[nodiscard]] std::optional<std::string> obstacle(const Graph& graph);

/// A replica of a network with memory for one batch. The graph and all buffers must outlive it.
/// Not thread-safe; replicas may run side by side.
class Network {
 public:
  /// `params` by ParamId. `isa`: Highway's name of an instruction set; empty: the best one.
  /// Throws Error (kUsage) where obstacle() names something.
  Network(const Graph& graph, std::vector<ParamBuffer> params, std::string_view isa = {});
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// input [n, shape per cell] -> logits [n, classes] of every exit. Training uses the batch's
  /// statistics and updates the running ones (Ioffe and Szegedy 2015), with the unbiased variance;
  /// throws Error (kUsage) where one has no more than one value.
  void forward(const float* input, int64_t n, Pass pass, std::span<float* const> logits);
  /// Adds gradients to those of the parameters; for the batch of the last forward(), which must
  /// have been Pass::kTraining. logit_grads as `logits` there.
  void backward(std::span<const float* const> logit_grads);

  /// Bytes of values and gradients for the last batch.
  [[nodiscard]] int64_t bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fovea::fast
