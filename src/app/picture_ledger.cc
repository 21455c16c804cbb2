#include "app/picture_ledger.h"

#include <nlohmann/json.hpp>

#include "app/table.h"

namespace fovea::app {

nlohmann::ordered_json picture_ledger_json(const PictureTimes& times, const BatchRunTimes& batch,
                                           const RunLedger& run, const WorkReport& work,
                                           size_t row) {
  const double decode = times.decoded - times.taken;
  const double transform = times.ready - times.decoded;
  // Before its turn to be decoded, and until its batch mates were ready.
  double waiting = times.taken + (batch.gathered - times.ready);
  double wall = batch.begin + batch.ms;
  double input = batch.begin - batch.gathered;
  double decision = 0;
  double network = batch.ms;
  double segments_ms = 0;
  nlohmann::ordered_json segments = nlohmann::ordered_json::array();
  if (run.threads > 0) {
    const RunLedger::Sample& sample = run.samples[row];
    wall = batch.begin + sample.wall_ms;
    input += sample.input_ms;
    decision = sample.decision_ms;
    waiting += sample.waiting_ms;
    network = 0;
    const size_t n_segments = work.segments.size();
    for (size_t s = 0; s < n_segments; ++s) {
      const double ms = run.segment_ms[row * n_segments + s];
      if (ms == 0) continue;
      segments_ms += ms;
      segments.push_back({{"exit", work.segments[s].exit}, {"ms", ms}});
    }
  }
  const double known = decode + transform + input + segments_ms + network + decision + waiting;
  return {{"wall_ms", wall},         {"decode_ms", decode},   {"transform_ms", transform},
          {"input_ms", input},       {"segments", segments},  {"network_ms", network},
          {"decision_ms", decision}, {"waiting_ms", waiting}, {"other_ms", wall - known}};
}

std::string ledger_text(const Ledger& ledger) {
  Table table({{"part", Table::Align::kLeft}, {"ms"}, {"%"}});
  const auto line = [&](const std::string& name, double ms) {
    table.add({name, fixed(ms, 2), fixed(100 * ms / ledger.wall_ms, 2)});
  };
  for (const auto& [name, ms] : ledger.parts()) line(name, ms);
  line("other", ledger.other_ms());
  line("wall", ledger.wall_ms);
  return table.text();
}

}  // namespace fovea::app
