// Where the wall time of many samples went.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "eval/input_source.h"
#include "fovea/executor.h"

namespace fovea {

/// Parts of a wall time, in milliseconds, each from clock reads of its own. What several threads
/// did side by side counts as their summed time divided by their number, so that all parts and
/// `other` add up to the wall time.
struct Ledger {
  double wall_ms = 0;
  double decode_ms = 0;
  double transform_ms = 0;
  double input_ms = 0;                ///< copies into the executor's layout
  std::vector<SegmentTime> segments;  ///< ascending exits; `ms` over all samples
  double network_ms = 0;              ///< of executors that do not measure segments
  double decision_ms = 0;
  double waiting_ms = 0;  ///< of threads for each other
  double output_ms = 0;   ///< writing answers

  void add_load(const LoadTimes& times, double threads = 1);
  /// `run_ms` is the run's wall time, for executors that measure nothing themselves.
  void add_run(const RunLedger& run, const WorkReport& work, double run_ms);

  /// Parts with their names in the order of the work, segments as "segment E".
  [[nodiscard]] std::vector<std::pair<std::string, double>> parts() const;
  /// What no part explains.
  [[nodiscard]] double other_ms() const;
};

}  // namespace fovea
