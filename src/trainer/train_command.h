// What the learner adds to the program (app/hooks.h).
#pragma once

#include "app/hooks.h"

namespace fovea {

/// Trains as `fovea train` says. Ctrl-C ends it with a checkpoint.
Result<app::TrainOutcome> train_command(const app::TrainArguments& arguments);

}  // namespace fovea
