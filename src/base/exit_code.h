// What a program that ends with an error returns.
#pragma once

#include "fovea/error.h"

namespace fovea {

/// 1 a defect, 2 usage, 3 bad input, 4 cannot write, 5 a check failed, 6 not in this build,
/// 130 interrupted (128 + SIGINT, as shells report it).
constexpr int exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kBadInput:
      return 3;
    case ErrorKind::kCannotWrite:
      return 4;
    case ErrorKind::kCheckFailed:
      return 5;
    case ErrorKind::kNotInBuild:
      return 6;
    case ErrorKind::kInterrupted:
      return 130;
    case ErrorKind::kInternal:
      break;
  }
  return 1;
}

}  // namespace fovea
