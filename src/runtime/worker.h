// One thread's part of a run: blocks of samples in flight, segment queues, kernels.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "fovea/executor.h"
#include "fovea/session.h"
#include "graph/score.h"
#include "runtime/plan_impl.h"

namespace fovea::runtime {

/// What all workers of one run share.
struct RunShared {
  const Schedule* schedule = nullptr;
  const ResolvedPolicy* policy = nullptr;
  const RunOptions* options = nullptr;
  const NamedTensors* inputs = nullptr;
  const std::vector<std::pair<std::string, DecisionPoint>>* points = nullptr;
  Outputs* outputs = nullptr;
  bool all_exits = false;
  int64_t n = 0;
  int threads = 1;
  RunLedger* ledger = nullptr;                  ///< prepared for n samples, or null
  std::chrono::steady_clock::time_point start;  ///< of the run, where there is a ledger
  std::atomic<int64_t> next{0};                 ///< first sample that no worker has taken
};

/// Memory of one thread. A sample in flight owns a block; it moves from queue to queue by its
/// number, so survivors are packed again without copying.
class Worker {
 public:
  Worker(const PlanImpl& plan, Profile profile);
  /// Takes samples until none is left; answers go to the shared outputs.
  void run(RunShared& shared);

  [[nodiscard]] const WorkCounter& work() const { return work_; }
  [[nodiscard]] const std::vector<SegmentTime>& segments() const { return times_; }
  [[nodiscard]] const std::map<std::string, int64_t>& body_cells() const { return body_cells_; }
  std::vector<double>& step_ms() { return step_ms_; }

  using Clock = std::chrono::steady_clock;
  /// Where this thread's time of the last run with a ledger went.
  struct Times {
    Clock::time_point begin;  ///< it had work from here
    Clock::time_point end;    ///< to here
    double input_ms = 0;
    double decision_ms = 0;
  };
  [[nodiscard]] const Times& thread_times() const { return thread_times_; }

 private:
  struct InFlight {
    int64_t sample = 0;
    int64_t macs = 0;
    Agreement agreement;
    Clock::time_point start;
    Clock::time_point queued;  ///< it waits since then; kept for the ledger
  };
  class Bodies;

  void reserve(const Schedule& schedule);
  float* block(int slot) { return memory_.get() + static_cast<int64_t>(slot) * block_floats_; }
  /// Feeds a chunk of new samples into the first segment's queue.
  void take_samples(RunShared& shared, int count);
  void run_segment(RunShared& shared, size_t segment, int count);
  /// Enters new samples, which `take_samples` copied from `begin` on, into the ledger.
  void enter_input(const RunShared& shared, Clock::time_point begin, int64_t count);
  /// Enters a chunk that ran from `begin` to `end` and is decided now.
  void enter_chunk(const RunShared& shared, size_t segment, Clock::time_point begin,
                   Clock::time_point end);
  void run_step(RunShared& shared, const ScheduledStep& step, const Lanes& lanes);
  void copy_taps(RunShared& shared, const std::vector<ScheduledTap>& taps, const Lanes& lanes);
  /// Writes answers; slots that go on are appended to the next queue.
  void answer(RunShared& shared, size_t segment, const std::vector<int>& chunk);
  bool leaves(const RunShared& shared, size_t segment, InFlight& state,
              std::span<const float> logits, float score);
  [[nodiscard]] size_t next_segment(const RunShared& shared, int64_t unread) const;

  const PlanImpl& plan_;
  Profile profile_;
  std::unique_ptr<float, void (*)(void*)> memory_;
  std::unique_ptr<float, void (*)(void*)> scratch_;
  int64_t memory_floats_ = 0;
  int64_t block_floats_ = 0;
  int64_t scratch_floats_ = 0;
  std::vector<InFlight> slots_;
  std::vector<int> free_;
  std::vector<std::vector<int>> queues_;  ///< per segment, slots that wait for it
  std::vector<int> chunk_;
  std::vector<float*> lane_blocks_;
  std::vector<int64_t> lane_samples_;
  std::vector<int64_t*> lane_macs_;
  WorkCounter work_;
  std::vector<SegmentTime> times_;
  Times thread_times_;
  std::map<std::string, int64_t> body_cells_;
  std::vector<double> step_ms_;
};

}  // namespace fovea::runtime
