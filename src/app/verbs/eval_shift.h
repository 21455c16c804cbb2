// fovea eval --shift: accuracy and cost on corrupted pictures.
#pragma once

#include "app/verb.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs shift_options();
/// True where --shift stands there.
[[nodiscard]] bool wants_shift(const Arguments& arguments);
int eval_shift(Context& context, const Arguments& arguments);

}  // namespace fovea::app
