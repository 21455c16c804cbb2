// Holding named tensors against a graph's parameters: one error lists all that does not fit.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "fovea/graph.h"
#include "fovea/tensor.h"

namespace fovea {

/// What is known of a tensor before it is read.
struct TensorKind {
  DType dtype = DType::kF32;
  Shape shape;
};
using TensorKinds = std::map<std::string, TensorKind, std::less<>>;

/// How a set of tensors differs from a graph's parameters; each list is in order of the names.
struct Mismatch {
  std::vector<std::string> missing;
  std::vector<std::string> unexpected;
  std::vector<std::string> misshaped;  ///< "NAME: expected F32 […], found F32 […]"
  [[nodiscard]] bool empty() const {
    return missing.empty() && unexpected.empty() && misshaped.empty();
  }
  /// One line: per list the count and up to ten entries.
  [[nodiscard]] std::string text() const;
};

/// Compares names, shapes and element types. Weights may be F32, F16, BF16 or F64; counters I64 or
/// I32, and they may be absent.
[[nodiscard]] Mismatch compare_params(const Graph& graph, const TensorKinds& found);

/// A tensor that fits, as executors want it: weights F32, counters I64.
[[nodiscard]] Tensor widened(const Param& param, const Tensor& stored);

}  // namespace fovea
