// Parts of safetensors files, without reading the rest.
#pragma once

#include <set>
#include <string>

#include "model/safetensors.h"

namespace fovea::app {

/// The header of a file. Throws Error (kBadInput).
[[nodiscard]] SafetensorsHeader tensor_header(const std::string& path);

/// The tensors of these names that the file holds. Throws Error (kBadInput).
[[nodiscard]] NamedTensors read_some_tensors(const std::string& path,
                                             const std::set<std::string>& names);

}  // namespace fovea::app
