// Export to ONNX: the static network with all its exits as outputs.
// Source: the ONNX operator documentation, operator set 13.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file.h"
#include "fovea/error.h"
#include "fovea/graph.h"
#include "fovea/tensor.h"

namespace fovea {

/// The operator set and format that exported files declare.
inline constexpr int kOnnxOpset = 13;
inline constexpr int kOnnxIrVersion = 7;

/// Whether a normalisation behind a convolution becomes part of the convolution's weights.
enum class FoldBatchNorm : uint8_t { kYes, kNo };

struct OnnxOptions {
  int64_t batch = 1;  ///< fixed in the file, as all shapes are
  FoldBatchNorm fold_batch_norm = FoldBatchNorm::kYes;
  std::optional<int> exit;  ///< only this exit and the nodes that it needs
};

/// The bytes of an ONNX file: inputs under the graph's names, outputs `logits.K` [batch, C].
/// Resizes to the same size are left out. Errors (kUsage): decisions (decide, route), which ONNX
/// cannot express; weights that do not fit; no such exit; a batch below 1; more than 2 GB.
[[nodiscard]] Result<std::string> onnx_bytes(const Graph& graph, const NamedTensors& params,
                                             const OnnxOptions& options = {});

/// Writes one file. Errors as onnx_bytes, and kCannotWrite.
[[nodiscard]] Status export_onnx(const Graph& graph, const NamedTensors& params,
                                 const std::string& path, const OnnxOptions& options,
                                 Overwrite overwrite);

/// Writes FOLDER/exit.K.onnx for every exit; makes the folder where it is missing.
[[nodiscard]] Status export_onnx_per_exit(const Graph& graph, const NamedTensors& params,
                                          const std::string& folder, const OnnxOptions& options,
                                          Overwrite overwrite);

}  // namespace fovea
