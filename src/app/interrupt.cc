#include "app/interrupt.h"

#include <atomic>

#include "fovea/error.h"

namespace fovea::app {
namespace {

std::atomic<bool> signal_came{false};
// What to do at the second signal; handlers may read it without a lock.
std::atomic<void (*)(int)> usual_handler{nullptr};

}  // namespace

extern "C" {
static void remember_signal(int number) {
  if (!signal_came.exchange(true)) return;
  const auto usual = usual_handler.load();
  if (usual != nullptr) usual(number);
}
}

InterruptGuard::InterruptGuard() {
  signal_came = false;
  struct sigaction action {};
  action.sa_handler = remember_signal;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &interrupt_);
  ::sigaction(SIGTERM, &action, &terminate_);
  usual_handler = interrupt_.sa_handler;
}

InterruptGuard::~InterruptGuard() {
  ::sigaction(SIGINT, &interrupt_, nullptr);
  ::sigaction(SIGTERM, &terminate_, nullptr);
}

bool InterruptGuard::requested() noexcept { return signal_came; }

void InterruptGuard::check() {
  if (requested()) throw Error({.kind = ErrorKind::kInterrupted, .what = "interrupted"});
}

}  // namespace fovea::app
