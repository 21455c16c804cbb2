// The reference facet: plain loops, any operator, no dependencies; the oracle of every test.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fovea/tensor.h"
#include "graph/op_def.h"

namespace fovea {

/// Runs nested bodies of a dynamic operator on given rows; rows are gathered before the call.
class RefBodies {
 public:
  virtual ~RefBodies() = default;
  /// Results of body `body` for inputs with one row a cell; `cells` says which cells these are.
  virtual std::vector<Tensor> run(int body, std::span<const Tensor> inputs,
                                  std::span<const int64_t> cells) = 0;
};

/// How decisions are carried out (design: modes).
enum class Mode : uint8_t {
  kSoft,     ///< all bodies, weighted by the relaxed decision
  kMasked,   ///< all bodies on all cells, hard decision as a factor
  kCompact,  ///< only chosen work
};

/// How a run answers a decision point instead of the node's own rule.
struct DecisionAnswer {
  std::optional<float> threshold;   ///< instead of the node's
  std::optional<int64_t> force;     ///< for every cell
  std::span<const int64_t> replay;  ///< by cell; empty = none
};

/// One node on N cells. Tensors are [N, shape per cell], dense; decisions are I64 [N]
/// (binary: 0 or 1; one of n: the index), and F32 [N, choices] weights under Mode::kSoft.
struct RefCall {
  const NodeView& node;
  std::span<const Tensor> in;
  std::span<const Tensor> params;  ///< in slot order
  std::span<Tensor> out;           ///< allocated, zero
  int64_t n = 0;
  int64_t* macs = nullptr;  ///< per cell, executed; the facet adds to it from its own loops
  Mode mode = Mode::kCompact;
  RefBodies* bodies = nullptr;
  const DecisionAnswer* answer = nullptr;  ///< decide only; may be null
};

struct RefOp {
  void (*run)(const RefCall& call);
};

/// The reference facet of an operator; every operator has one except flat nodes that the executor
/// itself carries out (exit).
[[nodiscard]] const RefOp* find_ref_op(std::string_view name);

}  // namespace fovea
