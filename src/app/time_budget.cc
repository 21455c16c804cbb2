#include "app/time_budget.h"

#include <algorithm>
#include <cmath>

#include "app/table.h"

namespace fovea::app {
namespace {

/// Up to each exit, without loading.
std::vector<double> until(const SegmentTimes& times) {
  std::vector<double> out;
  double sum = 0;
  for (const double ms : times.segment_ms) out.push_back(sum += ms);
  return out;
}

/// Whether two measurements of the same network on the same machine tell the same speed. Medians of
/// a quiet machine differ by a few per cent.
bool agree(const SegmentTimes& a, const SegmentTimes& b) {
  constexpr double kFarOff = 0.15;
  const std::vector<double> a_ms = until(a);
  const std::vector<double> b_ms = until(b);
  for (size_t e = 0; e < a_ms.size(); ++e) {
    if (std::abs(a_ms[e] - b_ms[e]) > kFarOff * std::max(a_ms[e], b_ms[e])) return false;
  }
  return true;
}

/// Such a far miss is told: a machine that holds still is met within 5 %.
constexpr double kNoticeableMiss = 0.1;

}  // namespace

std::string ms_text(double ms) { return fixed(ms, 3) + " ms"; }

KnownTimes times_for(const CalibrationRecord& record, const RunTimes& times) {
  constexpr double kSeconds = 2;
  constexpr double kProbeSeconds = 0.2;
  const auto known = std::find_if(record.times.begin(), record.times.end(),
                                  [&](const SegmentTimes& each) { return each.key == times.key; });
  KnownTimes out;
  if (known == record.times.end()) {
    out.times = times.measure(kSeconds);
    if (!record.times.empty()) out.times.load_ms = record.times.front().load_ms;
  } else if (agree(*known, times.measure(kProbeSeconds))) {
    out.times = *known;
  } else {
    out.times = times.measure(kSeconds);
    out.times.load_ms = known->load_ms;
    // The short measurement may have been the one that was disturbed.
    if (!agree(*known, out.times)) {
      out.remark = "the stored times do not hold here (the whole network in " +
                   ms_text(until(*known).back()) + "); it was measured again and takes " +
                   ms_text(until(out.times).back());
    }
  }
  if (times.load_ms) out.times.load_ms = times.load_ms();
  return out;
}

Result<SolvedTime> solve_time(const CalibrationRecord& record, double budget_ms,
                              const RunTimes& times, const Graph& graph) {
  KnownTimes known = times_for(record, times);
  std::vector<FrontierPoint> curve;
  for (const CurvePoint& point : record.curve) curve.push_back({.rule = point.rule});
  const double loading = times.loads ? 0 : known.times.load_ms;
  const auto measured = [&](std::span<const int> exits) {
    return times.leaving_ms(exits) + loading;
  };
  Result<TimedBudget> solved =
      solve_timed_budget(selecting(record, ms_of(known.times, graph)), curve, budget_ms,
                         times.key.batch, measured, ms_text);
  if (!solved.ok()) return solved.error();
  SolvedTime out{.solved = std::move(solved).value(),
                 .segments = std::move(known.times),
                 .remark = std::move(known.remark)};
  if (std::abs(out.solved.expected_ms() - budget_ms) > kNoticeableMiss * budget_ms) {
    out.remark += (out.remark.empty() ? "" : "; ") + std::string("no policy tried takes ") +
                  ms_text(budget_ms) + ": this is the nearest that was found";
  }
  return out;
}

}  // namespace fovea::app
