// Times of a network's segments on this machine, for budgets in milliseconds.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "app/execution.h"
#include "calibrate/segment_times.h"
#include "eval/input_source.h"
#include "fovea/executor.h"

namespace fovea::app {

/// This machine under an execution.
[[nodiscard]] TimeKey time_key(const Execution& execution, int64_t batch);

/// Wall times per sample of every segment with all exits asked, medians of rounds for about
/// `seconds`; loading is left 0. Throws Error where the executor does.
[[nodiscard]] SegmentTimes measured_segments(Executor& executor, const NamedTensors& inputs,
                                             TimeKey key, double seconds);

/// Gives the inputs of the next run; valid until it is called again.
using NextInputs = std::function<const NamedTensors&()>;

/// Mean wall time per sample, in runs of `batch` samples and with what `next` takes, where sample i
/// leaves at exits[i]; the last run begins again at the first exit. Small groups, threads that wait
/// for each other and caches that loading has emptied make it more than the parts that are measured
/// alone. Goes on for about `seconds`.
[[nodiscard]] double measured_leaving_ms(Executor& executor, int64_t batch, const NextInputs& next,
                                         std::span<const int> exits, double seconds);

/// Mean wall time of loading, decoding and transforming a sample: of half a second of batches.
[[nodiscard]] double measured_load_ms(const InputSource& source, int64_t batch);

/// What a policy needs of the verb that runs it, so that a budget in milliseconds can be met.
struct RunTimes {
  TimeKey key;
  /// Measures for about so many seconds, on inputs of random numbers.
  std::function<SegmentTimes(double seconds)> measure;
  /// measured_leaving_ms, on what the verb loads where `loads`, else on random numbers.
  std::function<double(std::span<const int> exits)> leaving_ms;
  bool loads = false;  ///< whether leaving_ms has loading in it
  /// Time of loading; empty where the verb loads what the calibration loaded.
  std::function<double()> load_ms;
};
/// `source` is what the verb reads, or null where nothing is loaded that counts. All arguments must
/// outlive the result.
[[nodiscard]] RunTimes run_times(const Context& context, const Network& network,
                                 const Execution& execution, int64_t batch,
                                 const InputSource* source);

}  // namespace fovea::app
