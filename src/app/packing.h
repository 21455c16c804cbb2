// Training reads packs only: what is no pack yet is packed first.
#pragma once

#include <string>

#include "app/console.h"
#include "app/hooks.h"
#include "fovea/error.h"

namespace fovea::app {

/// The path of a pack as it is asked for: the data itself where it is one, else one in the
/// request's folder, made where it is missing, damaged, or made of a source that has changed since
/// (source_fingerprint). Broken pictures are named and counted on the console where they are left
/// out. Errors (kBadInput) also where the data has no such split of its own, or is a damaged pack;
/// kInterrupted.
[[nodiscard]] Result<std::string> pack_for_training(const PackRequest& request, int threads,
                                                    const Console& console);

}  // namespace fovea::app
