#include "eval/ledger.h"

#include <algorithm>

namespace fovea {

void Ledger::add_load(const LoadTimes& times, double threads) {
  decode_ms += times.decode_ms / threads;
  transform_ms += times.transform_ms / threads;
  waiting_ms += times.waiting_ms / threads;
}

void Ledger::add_run(const RunLedger& run, const WorkReport& work, double run_ms) {
  if (run.threads == 0) {
    network_ms += run_ms;
    return;
  }
  const double threads = run.threads;
  input_ms += run.input_ms / threads;
  decision_ms += run.decision_ms / threads;
  waiting_ms += run.waiting_ms / threads;
  for (const SegmentTime& segment : work.segments) {
    auto at = std::lower_bound(segments.begin(), segments.end(), segment.exit,
                               [](const SegmentTime& s, int exit) { return s.exit < exit; });
    if (at == segments.end() || at->exit != segment.exit) {
      at = segments.insert(at, {.exit = segment.exit});
    }
    at->samples += segment.samples;
    at->ms += segment.ms / threads;
  }
}

std::vector<std::pair<std::string, double>> Ledger::parts() const {
  std::vector<std::pair<std::string, double>> out{
      {"decode", decode_ms}, {"transform", transform_ms}, {"input", input_ms}};
  for (const SegmentTime& segment : segments) {
    out.emplace_back("segment " + std::to_string(segment.exit), segment.ms);
  }
  if (network_ms > 0) out.emplace_back("network", network_ms);
  out.emplace_back("decision", decision_ms);
  out.emplace_back("waiting", waiting_ms);
  if (output_ms > 0) out.emplace_back("output", output_ms);
  return out;
}

double Ledger::other_ms() const {
  double rest = wall_ms;
  for (const auto& [name, ms] : parts()) rest -= ms;
  return rest;
}

}  // namespace fovea
