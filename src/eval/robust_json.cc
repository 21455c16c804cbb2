#include "eval/robust_json.h"

#include <nlohmann/json.hpp>

#include "eval/control_json.h"

namespace fovea {
namespace {

using nlohmann::ordered_json;

ordered_json part_of(const AdaptiveReport& report) {
  ordered_json out{{"top1", report.top1 ? ordered_json(*report.top1) : ordered_json()},
                   {"mean_macs", report.mean_macs},
                   {"counts", report.counts}};
  if (report.control) out.update(control_json(*report.control));
  return out;
}

ordered_json part_of(const std::optional<AdaptiveReport>& report) {
  return report ? part_of(*report) : ordered_json();
}

ordered_json row_of(const ShiftRow& row) {
  return {{"last", part_of(row.last)},
          {"policy", part_of(row.policy)},
          {"cap", part_of(row.cap)},
          {"control", part_of(row.control)}};
}

ordered_json side_of(const AdaptiveReport& report, double full_macs,
                     const std::vector<double>& macs) {
  ordered_json out = part_of(report);
  out["efficacy"] = efficacy(report, full_macs);
  out["curve"] = ordered_json::array();
  for (const ExitShare& point : exit_shares(report, macs)) {
    out["curve"].push_back({{"macs", point.macs}, {"share", point.share}});
  }
  return out;
}

}  // namespace

std::string shift_json(const ShiftReport& report) {
  ordered_json out{{"n", report.rows.empty() ? 0 : report.rows.front().last.n},
                   {"rows", ordered_json::array()},
                   {"sequence", row_of(report.sequence)}};
  for (const ShiftRow& row : report.rows) {
    ordered_json each{
        {"corruption",
         row.corruption ? ordered_json(corruption_name(row.corruption->kind)) : ordered_json()},
        {"strength", row.corruption ? row.corruption->strength : 0}};
    each.update(row_of(row));
    out["rows"].push_back(std::move(each));
  }
  return out.dump();
}

std::string slowdown_json(const SlowdownReport& report, const std::vector<double>& macs) {
  return ordered_json{{"before", side_of(report.before, report.full_macs, macs)},
                      {"after", side_of(report.after, report.full_macs, macs)},
                      {"full_macs", report.full_macs}}
      .dump();
}

}  // namespace fovea
