// Files of PyTorch's torch.save: the zip form (since 1.6) and the older one.
// Only the state dict becomes tensors; nothing that the file names is ever called.
// Source: torch/serialization.py and torch/_utils.py of PyTorch 1.13 and 2.x.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "fovea/error.h"
#include "fovea/tensor.h"

namespace fovea {

/// True where the bytes begin as one of the two forms does.
[[nodiscard]] bool looks_like_torch_file(std::span<const std::byte> file);

/// The tensors of the state dict in their stored element types, dense and contiguous.
///
/// The state dict is the pickled dict itself, or its value under `state_dict` or `model`. Tensors
/// may be Parameters, share storages, and have any strides and offset inside their storage.
/// Errors (kBadInput) name `source`: a file of neither form, a damaged or too large pickle, a
/// state dict that holds something else than tensors (with its key and class), a tensor outside
/// its storage, tensors that ask for many times more than the file holds.
[[nodiscard]] Result<NamedTensors> read_torch_file(std::span<const std::byte> file,
                                                   std::string_view source);

}  // namespace fovea
