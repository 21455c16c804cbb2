// Outputs are refused before anything is computed.
#pragma once

#include <string>

#include "app/arguments.h"
#include "app/verb.h"
#include "base/file.h"
#include "fovea/model.h"

namespace fovea::app {

/// -o.
[[nodiscard]] OptionSpec output_option(std::string_view value, std::string_view help);
/// --force.
[[nodiscard]] OptionSpec force_option();

[[nodiscard]] Overwrite overwrite_from(const Arguments& arguments);

/// --storage f32|f16; throws Error (kUsage).
[[nodiscard]] Storage storage_from(const Arguments& arguments);

/// Throws Error (kCannotWrite) where the file exists and may not, or cannot be made.
void require_writable(const std::string& path, Overwrite overwrite);

}  // namespace fovea::app
