// The program as a function: words in, exit code out.
#pragma once

#include "app/hooks.h"

namespace fovea::app {

/// Runs `fovea` with the words of main(). Gives the exit code of interface: 0 done, 1 defect,
/// 2 usage, 3 bad input, 4 cannot write, 5 check failed, 6 not in this build, 130 interrupted.
int run_program(int argc, char** argv, const Hooks& hooks);

}  // namespace fovea::app
