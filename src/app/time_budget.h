// A mean time turned into a policy: which segment times hold, and what the policy found takes.
#pragma once

#include <string>

#include "app/segment_timing.h"
#include "calibrate/record.h"
#include "calibrate/timed_budget.h"
#include "fovea/graph.h"

namespace fovea::app {

/// Segment times for a run.
struct KnownTimes {
  SegmentTimes times;
  std::string remark;  ///< that stored times no longer hold, else empty
};

/// The record's times for the run's key where a short measurement finds them still right, else
/// times that are measured here. Throws Error where measuring does.
[[nodiscard]] KnownTimes times_for(const CalibrationRecord& record, const RunTimes& times);

/// A rule for a mean time.
struct SolvedTime {
  TimedBudget solved;
  SegmentTimes segments;
  std::string remark;  ///< what people should know of it, else empty
};

/// Solves a mean time per sample for a run. Errors: those of solve_timed_budget; throws what
/// measuring throws.
[[nodiscard]] Result<SolvedTime> solve_time(const CalibrationRecord& record, double budget_ms,
                                            const RunTimes& times, const Graph& graph);

/// "0.123 ms".
[[nodiscard]] std::string ms_text(double ms);

}  // namespace fovea::app
