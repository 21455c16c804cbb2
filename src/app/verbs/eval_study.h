// fovea eval with --budgeted, --baseline, --boxes or --svg: curves instead of one policy.
#pragma once

#include "app/verb.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs study_options();

/// True where one of these options stands.
[[nodiscard]] bool wants_study(const Arguments& arguments);

/// Anytime curve, budgeted batch, networks that do not adapt, and accuracy by the object's size.
/// Throws Error.
int eval_study(Context& context, const Arguments& arguments);

}  // namespace fovea::app
