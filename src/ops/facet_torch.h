// The LibTorch facet: what training and GPU inference run.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "graph/op_def.h"
#include "ops/facet_ref.h"

namespace fovea {

/// Whether normalisation uses statistics of the batch (and updates the running ones) or the
/// running ones.
enum class Phase : uint8_t { kInference, kTraining };

/// The other processes whose parts of a batch are normalised together with this one's.
class BatchPeers {
 public:
  virtual ~BatchPeers() = default;
  /// Replaces `values` by the sum over all processes, which call this in the same order. Throws
  /// Error where one is lost.
  virtual void sum(at::Tensor& values) = 0;
  /// Whether this process's cells belong to the batch; else they only keep it in step.
  [[nodiscard]] virtual bool counts() const = 0;
};

/// Runs nested bodies of a dynamic operator on given rows; rows are gathered before the call.
class TorchBodies {
 public:
  virtual ~TorchBodies() = default;
  /// Results of body `body` for inputs with one row a cell; `cells` says which cells these are.
  virtual std::vector<at::Tensor> run(int body, const std::vector<at::Tensor>& inputs,
                                      std::span<const int64_t> cells) = 0;
};

/// One node on N cells. Tensors are [N, shape per cell]; decisions are I64 [N], and F32
/// [N, choices] weights under Mode::kSoft. Autograd follows whatever mode it is in.
struct TorchCall {
  const NodeView& node;
  std::span<const at::Tensor> in;
  /// In slot order. Running statistics are updated in place in training.
  std::span<const at::Tensor> params;
  std::span<at::Tensor> out;  ///< the facet sets them
  int64_t n = 0;
  /// Multiply-adds that each of the n cells cost, from the extents that the kernel was given.
  int64_t macs_per_cell = 0;
  Phase phase = Phase::kInference;
  Mode mode = Mode::kCompact;
  TorchBodies* bodies = nullptr;
  const DecisionAnswer* answer = nullptr;  ///< decide only; may be null
  BatchPeers* peers = nullptr;             ///< in training; null: normalise over these cells
};

struct TorchOp {
  void (*run)(TorchCall& call);
};

/// The LibTorch facet of an operator; every operator has one except flat nodes that the executor
/// itself carries out (exit).
[[nodiscard]] const TorchOp* find_torch_op(std::string_view name);

}  // namespace fovea
