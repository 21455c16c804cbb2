// Which steps run in which segment for one set of asked exits, and where values stand in a block.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/program.h"

namespace fovea::runtime {

/// Zero floats to write in front of a step's results before it runs.
struct Border {
  int64_t offset = 0;
  int64_t floats = 0;
};

/// A step as one schedule runs it.
struct ScheduledStep {
  const Step* step = nullptr;
  std::vector<ValueRef> in;
  std::vector<ValueRef> out;
  std::vector<Border> borders;
  std::vector<std::vector<ScheduledStep>> bodies;
  std::vector<std::vector<ValueRef>> body_results;
};

struct ScheduledTap {
  int tap = 0;  ///< index in the plan's list
  ValueRef value;
};

struct Segment {
  int exit = 0;  ///< the asked exit at its end
  std::vector<ScheduledStep> steps;
  std::vector<std::vector<ScheduledTap>> taps;  ///< to be copied out behind each step
  ValueRef logits;
};

struct ScheduledInput {
  ValueId value = -1;
  ValueRef place;
  std::vector<Border> borders;
  std::vector<ScheduledTap> taps;
};

/// One memory plan. Thread-safety: immutable.
struct Schedule {
  std::vector<ScheduledInput> inputs;
  std::vector<Segment> segments;
  int64_t block_floats = 0;    ///< of one sample, slack for vectors included
  int64_t scratch_floats = 0;  ///< of one thread
};

/// Segments: one per asked exit, the steps that it needs and no earlier asked one did; a head that
/// is not asked is not computed. Buffers get places by liveness, largest first.
Schedule make_schedule(const Graph& graph, const Program& program, std::span<const int> asked,
                       std::span<const ValueId> taps);

}  // namespace fovea::runtime
