// Work that leaves more than one file asks whether it was interrupted, and clears up itself.
#pragma once

#include <csignal>

namespace fovea::app {

/// While it lives, the first SIGINT or SIGTERM is only remembered; a second one ends the program as
/// ever. Not nested.
class InterruptGuard {
 public:
  InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard();

  [[nodiscard]] static bool requested() noexcept;
  /// Throws Error (kInterrupted) where a signal came.
  static void check();

 private:
  struct sigaction interrupt_ {};
  struct sigaction terminate_ {};
};

}  // namespace fovea::app
