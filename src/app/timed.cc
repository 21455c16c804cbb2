#include "app/timed.h"

#include <algorithm>

#include "app/table.h"

namespace fovea::app {

Status SegmentRecorder::run(const NamedTensors& inputs, const RunOptions& options,
                            Outputs& outputs) {
  Status status = executor_.run(inputs, options, outputs);
  segment_ms_.clear();
  if (!status.ok()) return status;
  const int64_t n = outputs.macs.defined() ? outputs.macs.numel() : 1;
  const auto active =
      static_cast<double>(std::clamp<int64_t>(threads_, 1, std::max<int64_t>(n, 1)));
  for (const SegmentTime& segment : outputs.work.segments) {
    segment_ms_.push_back(segment.ms / active);
  }
  return status;
}

std::function<std::vector<double>()> SegmentRecorder::clock() const {
  return [this] { return segment_ms_; };
}

std::function<void(int64_t, int64_t)> Progress::callback() {
  return [this](int64_t done, int64_t total) { report(done, total); };
}

void Progress::report(int64_t done, int64_t total) {
  const auto now = Clock::now();
  if (now - last_ < std::chrono::seconds(1) || done <= 0) return;
  last_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double left = elapsed * static_cast<double>(total - done) / static_cast<double>(done);
  console_.note(what_ + " " + std::to_string(done) + " of " + std::to_string(total) + ", " +
                fixed(left, 0) + " s left");
}

}  // namespace fovea::app
