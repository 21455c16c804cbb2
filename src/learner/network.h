// A graph that can be trained: its parameters as LibTorch tensors, and all its exits' logits.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fovea/graph.h"
#include "learner/equilibrium.h"
#include "learner/fast_path.h"
#include "learner/interpreter.h"

namespace fovea {

/// What of a network is trained, and how decisions are carried out meanwhile.
struct TrainingMode {
  Mode mode = Mode::kSoft;
  /// Parameters whose names begin with one of these are trained; empty: all.
  std::vector<std::string> prefixes;
  GradientFlow gradients = GradientFlow::kPlain;
  BatchPeers* peers = nullptr;  ///< normalise together with these processes; eager path only
};

/// What carries a network out in training.
enum class TrainingPath : uint8_t {
  kEager,  ///< LibTorch's operators and autograd: every network, every device
  kFast,   ///< src/fast_training: float32 on CPUs, networks without decisions
};

/// Owns graph and parameters. Trained parameters, their gradients and whatever an optimiser keeps
/// lie in flat buffers, in the order of graph().params(): a step of an optimiser is a few
/// operations however thin the layers are. Not thread-safe.
class TrainableNetwork {
 public:
  /// Throws Error where a parameter is missing, a prefix names none, or the fast path cannot carry
  /// the graph out (fast_path_obstacle()).
  TrainableNetwork(Graph graph, const NamedTensors& params, TrainingMode mode,
                   const at::Device& device = at::kCPU, TrainingPath path = TrainingPath::kEager);
  TrainableNetwork(const TrainableNetwork&) = delete;
  TrainableNetwork& operator=(const TrainableNetwork&) = delete;

  [[nodiscard]] const Graph& graph() const { return *graph_; }
  [[nodiscard]] const at::Device& device() const { return device_; }
  /// Logits [N,C] of every exit for the single input [N, shape per cell].
  /// In training they take part in autograd.
  [[nodiscard]] std::vector<at::Tensor> forward(const at::Tensor& input, Phase phase) const;
  /// Adds the gradients of `loss`, a scalar computed from `logits`, which the last forward() gave
  /// in training.
  void backward(const at::Tensor& loss, const std::vector<at::Tensor>& logits);

  /// All trained parameters in one vector, and their gradients.
  [[nodiscard]] at::Tensor& flat_params() { return flat_params_; }
  [[nodiscard]] const at::Tensor& flat_params() const { return flat_params_; }
  [[nodiscard]] at::Tensor& flat_grads() { return flat_grads_; }
  void zero_grads();

  /// What training does not move by gradients, running statistics and frozen weights, in the order
  /// of graph().params(); counters are left out. The tensors are the network's own.
  [[nodiscard]] std::vector<std::pair<std::string, at::Tensor>> untrained() const;

  /// The whole state by name: F32, counters I64.
  [[nodiscard]] NamedTensors state() const;
  /// The gradients of the trained parameters by name.
  [[nodiscard]] NamedTensors grads() const;
  /// A flat vector that goes with flat_params(), cut into tensors by name, and back.
  [[nodiscard]] NamedTensors unflatten(const at::Tensor& flat) const;
  [[nodiscard]] at::Tensor flatten(const NamedTensors& parts) const;

 private:
  std::unique_ptr<const Graph> graph_;
  at::Device device_;
  TrainingMode mode_;
  std::vector<at::Tensor> params_;  ///< by ParamId
  std::vector<char> trained_;       ///< by ParamId
  at::Tensor flat_params_;
  at::Tensor flat_grads_;
  std::unique_ptr<Interpreter> interpreter_;
  std::unique_ptr<FastPath> fast_;  ///< null: eager
  std::optional<GradientScales> gradient_scales_;
};

/// Checks that `params` holds every parameter of the graph in its shape; throws Error (kBadInput).
void require_params(const Graph& graph, const NamedTensors& params);

}  // namespace fovea
