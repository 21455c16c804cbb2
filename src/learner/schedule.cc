#include "learner/schedule.h"

#include <cmath>
#include <numbers>

namespace fovea {

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names{"constant", "cosine", "multistep", "step"};
  return names;
}

double Schedule::at(int64_t epoch, int64_t step, int64_t steps, int64_t epochs) const {
  const auto done = static_cast<double>(epoch * steps + step);
  const auto all = static_cast<double>(epochs * steps);
  const double warmup = warmup_epochs * static_cast<double>(steps);
  if (done < warmup) return rate * (done + 1) / (warmup + 1);
  if (kind == "cosine") {
    // Without warm-up this is the published rule.
    return 0.5 * rate * (1 + std::cos(std::numbers::pi * (done - warmup) / (all - warmup)));
  }
  if (kind == "step") {
    const int64_t n_falls = epoch / every;
    return rate * std::pow(gamma, static_cast<double>(n_falls));
  }
  if (kind == "multistep") {
    double now = rate;
    for (const double milestone : milestones) {
      if (static_cast<double>(epoch) >= milestone * static_cast<double>(epochs)) now *= gamma;
    }
    return now;
  }
  return rate;
}

}  // namespace fovea
