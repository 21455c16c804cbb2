// Measured times of a network's segments, and what leaving at an exit then takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "calibrate/rule.h"
#include "fovea/graph.h"

namespace fovea {

/// What a time depends on besides the network.
struct TimeKey {
  std::string machine;   ///< the processor's name and the kernels' instruction set
  std::string executor;  ///< "runtime", "reference", "learner"
  int64_t batch = 0;     ///< samples a run
  int threads = 1;
  bool operator==(const TimeKey&) const = default;
};

/// Milliseconds of wall time per sample.
struct SegmentTimes {
  TimeKey key;
  double load_ms = 0;              ///< loading, decoding and transforms
  std::vector<double> segment_ms;  ///< [K], from the exit before to this one, all exits asked
};

/// Mean milliseconds of leaving at each exit asked, loading included. The head of an exit that is
/// not asked takes no time: of its segment's time it has the share of its multiply-adds.
[[nodiscard]] AskedCost ms_of(const SegmentTimes& times, const Graph& graph);

}  // namespace fovea
