// The plan of src/fast_training behind tensors of LibTorch; absent from builds without it.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fovea/graph.h"
#include "ops/facet_torch.h"

namespace fovea {

/// A network's forward and backward pass without autograd, on parameters of others. Not
/// thread-safe.
class FastPath {
 public:
  virtual ~FastPath() = default;
  /// Logits [N,C] of every exit; in training they are leaves that collect gradients.
  [[nodiscard]] virtual std::vector<at::Tensor> forward(const at::Tensor& input, Phase phase) = 0;
  /// Adds the parameters' gradients for those of the last forward()'s logits.
  virtual void backward(const std::vector<at::Tensor>& logits) = 0;
};

/// Why the fast path cannot carry the graph out, or nothing.
[[nodiscard]] std::optional<std::string> fast_path_obstacle(const Graph& graph);

/// `params` by ParamId: contiguous float32 on the CPU, counters int64; gradients are written to
/// those that have one. Graph and tensors must outlive the result. Throws Error (kUsage) where
/// there is an obstacle.
[[nodiscard]] std::unique_ptr<FastPath> make_fast_path(const Graph& graph,
                                                       const std::vector<at::Tensor>& params);

}  // namespace fovea
