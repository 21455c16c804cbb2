// Timings on inputs of random numbers, for `plan` and `bench`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "fovea/executor.h"
#include "fovea/plan.h"

namespace fovea::app {

/// Standard normal inputs of `n` samples.
[[nodiscard]] NamedTensors random_inputs(const Graph& graph, int64_t n);

struct Timing {
  double median_ms = 0;
  double best_ms = 0;
  int rounds = 0;
};

/// Calls `body` once untimed, then at least `least` times and for about `seconds`.
[[nodiscard]] Timing measured(double seconds, int least, const std::function<void()>& body);

/// Milliseconds per sample of every step of the plan's report on one thread, the least of several
/// rounds; 0 for steps that the policy does not run.
[[nodiscard]] std::vector<double> step_times(const std::shared_ptr<const Plan>& plan,
                                             const NamedTensors& inputs, const Policy* policy,
                                             double seconds);

}  // namespace fovea::app
