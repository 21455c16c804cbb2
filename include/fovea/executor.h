// One interface for reference, learner and runtime.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/graph.h"
#include "fovea/policy.h"
#include "fovea/tensor.h"

namespace fovea {

/// Loop state of one stream, movable between sessions. Networks without loops have none.
struct StreamState {
  NamedTensors values;
};

/// Measured time of one segment: the nodes that an asked exit needs and no earlier one did.
struct SegmentTime {
  int exit = 0;         ///< the exit at its end
  int64_t samples = 0;  ///< samples that went through it
  double ms = 0;        ///< summed over its chunks; divide by samples for the time of one
};

/// What one run executed, as the kernels counted it.
struct WorkReport {
  int64_t macs = 0;                   ///< over all samples
  int64_t launches = 0;               ///< kernel calls
  std::vector<SegmentTime> segments;  ///< in order of the exits asked; empty where not measured
  /// Cells that went through the bodies of dynamic operators, by "node/body".
  std::map<std::string, int64_t> body_cells;
};

/// Where the time of one run went, in milliseconds; WorkReport::segments belongs to it. Filled
/// where RunOptions::ledger asks for it, by executors that measure; its memory is kept between
/// runs.
struct RunLedger {
  /// The way of one sample from the start of the run to its answer; `segment_ms` belongs to it.
  struct Sample {
    double wall_ms = 0;
    double input_ms = 0;     ///< the copy of its chunk's inputs into the executor's layout
    double decision_ms = 0;  ///< scores and exits of the chunks that it was in
    double waiting_ms = 0;   ///< for its turn: before it was taken, and in the segments' queues
  };
  int threads = 0;         ///< that worked; 0 where nothing was measured
  double wall_ms = 0;      ///< of the whole run
  double input_ms = 0;     ///< summed over threads
  double decision_ms = 0;  ///< summed over threads
  double waiting_ms = 0;   ///< of threads without work: before they began, and for the last to end
  std::vector<Sample> samples;     ///< [n]
  std::vector<double> segment_ms;  ///< [n, segments]: whole time of the chunk that it went with

  /// Says that nothing was measured.
  void clear();
};

/// Results of a run in sample order.
struct Outputs {
  std::vector<Tensor> exit_logits;  ///< without a policy: per exit [N,C]
  Tensor logits;                    ///< with a policy: [N,C] of the exit taken
  Tensor exit;                      ///< with a policy: I64 [N]
  Tensor macs;                      ///< I64 [N], executed multiply-adds of each sample
  Tensor score;                     ///< with a policy: F32 [N], confidence at the exit taken
  NamedTensors taps;                ///< [N, shape per cell]; zero for samples that left before
  WorkReport work;
};

/// An exit that is ready for one sample, in an anytime run.
struct ExitReady {
  int64_t sample = 0;
  int exit = 0;
  std::span<const float> logits;
  float score = 0;
};
enum class Anytime : uint8_t { kGoOn, kLeave };

struct RunOptions {
  /// Null: all exits of all samples are computed and reported in exit_logits.
  const Policy* policy = nullptr;
  /// Receives the decisions, or null.
  Trace* trace = nullptr;
  /// One stream's loop state, or null.
  StreamState* state = nullptr;
  /// Receives where the time went, or null: then no clock is read for it.
  RunLedger* ledger = nullptr;
  /// Called whenever an asked exit is ready; kLeave ends that sample there. May be empty.
  std::function<Anytime(const ExitReady&)> on_exit;
};

/// Runs a network. Construction throws Error; run returns Status.
/// Thread-safety: one run at a time for each executor object.
class Executor {
 public:
  virtual ~Executor() = default;
  [[nodiscard]] virtual const Graph& graph() const = 0;
  /// Runs a batch.
  ///
  /// inputs   by name, F32 [N, shape per cell], preprocessed; N >= 1; other names are ignored.
  /// Errors   kBadInput for missing or mis-shaped inputs, kUsage for a policy that does not fit;
  ///          both before any kernel runs.
  virtual Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) = 0;
};

inline void RunLedger::clear() {
  threads = 0;
  wall_ms = input_ms = decision_ms = waiting_ms = 0;
  samples.clear();
  segment_ms.clear();
}

/// Checks inputs against a graph and gives N.
[[nodiscard]] Result<int64_t> batch_size(const Graph& graph, const NamedTensors& inputs);

}  // namespace fovea
