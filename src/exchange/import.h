// From other programs' checkpoints to the weights of a graph.
#pragma once

#include <string>
#include <string_view>

#include "fovea/error.h"
#include "fovea/graph.h"
#include "fovea/tensor.h"
#include "model/safetensors.h"

namespace fovea {

/// The tensors of a checkpoint as they are stored, and the settings that stand beside them.
struct StoredTensors {
  std::string source;  ///< the file, as messages show it
  NamedTensors tensors;
  /// String metadata of a safetensors file; `format` and our own `fovea.…` keys are left out.
  StringMap settings;
};

/// Reads a checkpoint: safetensors, or torch.save in both of its forms; told apart by content.
/// Errors (kBadInput) name the file.
[[nodiscard]] Result<StoredTensors> read_checkpoint(const std::string& path);

/// The weights of `graph` out of a checkpoint: F32, counters I64, absent counters 0.
///
/// `module.` is always stripped; with a prefix only keys that begin with it are taken, and it is
/// stripped. Errors (kBadInput) name the file and list the keys that are missing, unexpected or
/// mis-shaped, that hold a value that is not finite, or that become equal by stripping.
[[nodiscard]] Result<NamedTensors> match_checkpoint(const Graph& graph,
                                                    const StoredTensors& checkpoint,
                                                    std::string_view prefix);

}  // namespace fovea
