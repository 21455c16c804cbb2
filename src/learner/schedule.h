// Learning rate as a function of the place in training.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fovea {

/// multistep: rate·gamma^(number of milestones passed), milestones as shares of the epochs
/// (specs/ranet.md 7.3: 0.5 and 0.75). step: rate·gamma^floor(epoch/every). cosine: half a wave
/// from rate to 0, per step. constant: rate. Warm-up: the first steps rise linearly to the rate.
struct Schedule {
  std::string kind = "multistep";
  double rate = 0.1;
  std::vector<double> milestones{0.5, 0.75};
  double gamma = 0.1;
  int64_t every = 30;
  double warmup_epochs = 0;

  /// Rate of step `step` of `epoch` (both from 0) when an epoch has `steps` and there are `epochs`.
  [[nodiscard]] double at(int64_t epoch, int64_t step, int64_t steps, int64_t epochs) const;
};

/// The kinds that exist.
[[nodiscard]] const std::vector<std::string>& schedule_names();

}  // namespace fovea
