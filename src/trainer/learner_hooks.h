// The learner as the program sees it.
#pragma once

#include "app/hooks.h"

namespace fovea {

/// All hooks, filled.
app::Hooks learner_hooks();

/// LibTorch's OpenMP threads sleep while they wait instead of spinning: on a shared machine
/// spinning costs more than it saves. OpenMP reads its environment when it is loaded, before
/// main(), so the program is started once more where the environment says nothing yet.
void start_with_sleeping_threads(char** argv);

}  // namespace fovea
