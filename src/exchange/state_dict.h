// From the description of a pickled state dict to tensors.
// Source: torch/_utils.py of PyTorch 1.13 and 2.x (the functions `_rebuild_…`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fovea/error.h"
#include "fovea/tensor.h"
#include "pickle/pickle.h"

namespace fovea {

/// The bytes of a file's storages by their keys.
using Storages = std::map<std::string, std::span<const std::byte>, std::less<>>;

/// Element type of a storage class such as "torch.FloatStorage", or nothing.
[[nodiscard]] std::optional<DType> storage_dtype(std::string_view type);

/// The tensors of a state dict, dense and contiguous. Errors (kBadInput): see torch_file.h.
[[nodiscard]] Result<NamedTensors> read_state_dict(const Pickle& pickle, const Storages& storages,
                                                   uint64_t file_bytes, std::string_view source);

}  // namespace fovea
