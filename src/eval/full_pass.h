// Passes over a data set in which nobody leaves: every exit of every sample is recorded.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "calibrate/scores.h"
#include "eval/input_source.h"
#include "fovea/error.h"
#include "fovea/executor.h"
#include "fovea/policy.h"

namespace fovea {

/// Options of every pass over a data set.
struct PassOptions {
  int64_t batch = 64;   ///< samples per run of the executor
  int warmups = 1;      ///< untimed runs of the first batch, so that caches and plans are there
  bool ledger = false;  ///< keep books of where the time goes
  /// Called after each batch with the samples done and their total; may be empty.
  std::function<void(int64_t done, int64_t total)> progress;
};

/// Wall time since construction.
class Stopwatch {
 public:
  [[nodiscard]] double ms() const {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_)
        .count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// Calls `body(begin, end)` for consecutive pieces of at most `batch` of n samples; stops at the
/// first error. Errors (kUsage): no sample, a batch below 1.
[[nodiscard]] Status for_each_batch(int64_t n, const PassOptions& options,
                                    const std::function<Status(int64_t begin, int64_t end)>& body);

/// The policy for samples begin..end-1 of a longer run: a replay is cut to their rows.
[[nodiscard]] Policy policy_for_rows(const Policy& policy, int64_t begin, int64_t end);

/// A policy that asks the same exits and follows the same rules at other decision points, under
/// which everybody goes to the last exit asked.
[[nodiscard]] Policy nobody_leaves(const ResolvedPolicy& policy);

/// Runs all exits of one batch. `points` are rules for decision points other than exits.
[[nodiscard]] Status run_all_exits(Executor& executor, const NamedTensors& inputs,
                                   const std::map<std::string, PointRule>& points,
                                   Outputs& outputs);

/// Scores of every exit for every sample, [K,n,C] logits; the cost of an exit is what a run that
/// asks every exit so far executes (macs_needed).
[[nodiscard]] Result<Scores> record_scores(Executor& executor, const InputSource& source,
                                           const PassOptions& options = {});

}  // namespace fovea
