// Times of segments, and progress of long passes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/console.h"
#include "fovea/executor.h"

namespace fovea::app {

/// Another executor that remembers the segment times of its last run.
class SegmentRecorder final : public Executor {
 public:
  SegmentRecorder(Executor& executor, int threads) : executor_(executor), threads_(threads) {}
  [[nodiscard]] const Graph& graph() const override { return executor_.graph(); }
  Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) override;

  /// Milliseconds of wall time of each segment in the last run: threads work side by side.
  [[nodiscard]] std::function<std::vector<double>()> clock() const;

 private:
  Executor& executor_;
  int threads_;
  std::vector<double> segment_ms_;
};

/// "verified 2000 of 10000, 12 s left", at most once a second, as notes.
class Progress {
 public:
  Progress(const Console& console, std::string what) : console_(console), what_(std::move(what)) {}
  [[nodiscard]] std::function<void(int64_t done, int64_t total)> callback();

 private:
  using Clock = std::chrono::steady_clock;
  void report(int64_t done, int64_t total);

  const Console& console_;
  std::string what_;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace fovea::app
