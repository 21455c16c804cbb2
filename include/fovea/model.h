// The model file: a network with its weights and everything it needs to be used (*.fovea).
// A valid safetensors file; docs/model-format.md describes every key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/graph.h"
#include "fovea/overwrite.h"
#include "fovea/tensor.h"

namespace fovea {

/// The format that this build writes: an unknown newer major version is refused by readers.
inline constexpr int kModelFormatMajor = 1;
inline constexpr int kModelFormatMinor = 0;

/// A network, its weights, and what stands beside them in a model file.
/// Thread-safety: a value.
struct Model {
  Graph graph;
  /// One tensor for each parameter of the graph, under its name: F32; counters I64 scalars.
  NamedTensors params;
  std::string transform;            ///< text form of the input transform; may be empty
  std::vector<std::string> labels;  ///< one per class, or empty
  /// Policies by name, as JSON.
  std::map<std::string, std::string, std::less<>> policies;
  std::string training;  ///< JSON record of how it was trained; may be empty
  NamedTensors extra;    ///< tensors under `fovea.…`: recorded scores and the like
  /// Further string metadata, kept as it is: measured costs, certificates, other programs' keys.
  std::map<std::string, std::string, std::less<>> metadata;
};

/// How weights are stored.
enum class Storage : uint8_t {
  kF32,
  kF16,  ///< tensors of rank 2 and more in half precision; normalisation and biases stay F32
};

/// Reads a model file; F16, BF16 and F64 weights become F32, absent counters become 0.
/// Errors (kBadInput) name the file and, where weights do not fit the graph, list the names that
/// are missing, unexpected or mis-shaped.
[[nodiscard]] Result<Model> load_model(const std::string& path);
/// What `load_model` checks, without the weights: `params` and `extra` stay empty.
[[nodiscard]] Result<Model> load_model_header(const std::string& path);
/// `load_model` from the bytes of a file; `source` names it in messages.
[[nodiscard]] Result<Model> parse_model(std::span<const std::byte> file, std::string_view source);

/// Writes a model file beside its place and renames it. Errors: kCannotWrite for the file; kUsage
/// where weights do not fit the graph, labels are not one per class, a policy or the training
/// record is no JSON, or a weight is too large for half precision.
[[nodiscard]] Status save_model(const std::string& path, const Model& model,
                                Storage storage = Storage::kF32,
                                Overwrite overwrite = Overwrite::kRefuse);

}  // namespace fovea
