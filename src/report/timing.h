// Times of many policies of one model or several, measured side by side.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "eval/input_source.h"
#include "fovea/executor.h"
#include "report/facts.h"

namespace fovea::report {

/// A model and the policies that are timed on it. Points of one policy stand together: it is run
/// once for all of them.
struct TimedModel {
  Executor& executor;
  const InputSource& source;
  std::vector<std::vector<PolicyPoint*>> policies;
};

struct TimingOptions {
  int64_t batch = 64;
  int64_t n = 1000;  ///< samples; fewer where the data is smaller or memory would not hold them
  int rounds = 5;
  /// Called with the runs done and their total; may be empty.
  std::function<void(int64_t done, int64_t total)> progress;
};

/// Runs every policy of every model once a round and writes `ms` and `rounds_ms` of its points,
/// loading included. Every model has the same number of samples. Gives that number.
/// Errors: those of the executors and the sources.
[[nodiscard]] Result<int64_t> time_side_by_side(std::vector<TimedModel> models,
                                                const TimingOptions& options);

/// `count` of n samples, rising: one of every stretch of n / count, at a random place in it that
/// depends on both numbers alone. Data is often sorted by class, or goes round the classes; its
/// first samples, or every tenth of them, would be another population. 1 <= count <= n.
[[nodiscard]] std::vector<int64_t> spread_samples(int64_t n, int64_t count);

}  // namespace fovea::report
