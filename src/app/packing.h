// Training reads packs only: what is no pack yet is packed first.
#pragma once

#include <string>

#include "app/console.h"
#include "fovea/error.h"

namespace fovea::app {

/// The path of a pack with a split's pictures of side x side: the pack itself where the data is one
/// of that size, else one in FOLDER, made where it is missing. Errors (kBadInput) also where
/// the data has no such split of its own.
[[nodiscard]] Result<std::string> pack_for_training(const std::string& name,
                                                    const std::string& split,
                                                    const std::string& folder, int side,
                                                    int threads, const Console& console);

}  // namespace fovea::app
