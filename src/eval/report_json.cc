#include "eval/report_json.h"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "eval/control_json.h"
#include "eval/reported_policy_json.h"

namespace fovea {
namespace {

using nlohmann::ordered_json;

ordered_json or_null(const std::optional<double>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

/// The double with the shortest decimals that read back as the same float32.
double shortest(float value) {
  std::array<char, 64> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  double out = value;
  std::from_chars(text.data(), written.ptr, out);
  return out;
}

ordered_json shortest(const std::vector<float>& values) {
  ordered_json out = ordered_json::array();
  for (const float value : values) out.push_back(shortest(value));
  return out;
}

ordered_json judged(const HindsightResult& result) {
  return {{"counts", result.counts}, {"correct", result.correct}, {"cost", shortest(result.cost)}};
}

ordered_json books(const Ledger& ledger) {
  ordered_json segments = ordered_json::array();
  for (const SegmentTime& each : ledger.segments) {
    segments.push_back({{"exit", each.exit}, {"samples", each.samples}, {"ms", each.ms}});
  }
  return {{"wall_ms", ledger.wall_ms},
          {"decode_ms", ledger.decode_ms},
          {"transform_ms", ledger.transform_ms},
          {"input_ms", ledger.input_ms},
          {"segments", segments},
          {"network_ms", ledger.network_ms},
          {"decision_ms", ledger.decision_ms},
          {"waiting_ms", ledger.waiting_ms},
          {"output_ms", ledger.output_ms},
          {"other_ms", ledger.other_ms()}};
}

}  // namespace

std::string budgeted_json(const BudgetedReport& report) {
  ordered_json out{
      {"anytime", {{"val_correct", report.val_correct}, {"test_correct", report.test_correct}}},
      {"rows", ordered_json::array()}};
  for (const BudgetedRow& row : report.rows) {
    out["rows"].push_back({{"q", shortest(row.point.q)},
                           {"name", row.point.name},
                           {"distribution", shortest(row.point.distribution)},
                           {"thresholds", shortest(row.point.thresholds)},
                           {"val", judged(row.val)},
                           {"test", judged(row.test)}});
  }
  return out.dump();
}

std::string evaluation_json(std::span<const ExitAccuracy> accuracies,
                            std::span<const ExitCost> costs, const AdaptiveReport& adaptive,
                            const ReportedPolicy& policy) {
  FOVEA_CHECK(accuracies.size() == costs.size());
  ordered_json out{{"n", adaptive.n}, {"exits", ordered_json::array()}};
  for (size_t e = 0; e < accuracies.size(); ++e) {
    out["exits"].push_back({{"top1", or_null(accuracies[e].top1_percent())},
                            {"top5", or_null(accuracies[e].top5_percent())},
                            {"macs", costs[e].macs}});
  }
  out["adaptive"] = {{"top1", or_null(adaptive.top1)},
                     {"mean_macs", adaptive.mean_macs},
                     {"ms", or_null(adaptive.ms)},
                     {"counts", adaptive.counts},
                     {"ledger", adaptive.ledger ? books(*adaptive.ledger) : ordered_json()}};
  if (adaptive.control) out["adaptive"]["control"] = control_json(*adaptive.control);
  write_policy(policy, out);
  return out.dump();
}

std::string ledger_json(const Ledger& ledger) { return books(ledger).dump(); }

std::string verification_json(const Verification& v, const std::optional<Promise>& promise,
                              const std::optional<int64_t>& known, const ReportedPolicy& policy) {
  const bool labelled = v.changes.n > 0;
  ordered_json certificate;
  if (promise) {
    certificate = {
        {"max_drop", promise->max_drop},
        {"confidence", promise->confidence},
        {"bound", labelled ? ordered_json(100 * drop_upper_bound(v.changes, promise->delta()))
                           : ordered_json()},
        {"verdict", recheck_name(recheck(*promise, v.changes))},
        {"calibrated_on", known ? ordered_json(*known) : ordered_json()}};
  }
  ordered_json disagree = ordered_json::array();
  for (const Disagreement& each : v.disagree) disagree.push_back(each.sample);
  ordered_json out{{"n", v.n},
                   {"agree", v.agree},
                   {"disagree", disagree},
                   {"macs_full", v.macs_full},
                   {"macs_adaptive", v.macs_adaptive},
                   {"ms_full", v.ms_full},
                   {"ms_adaptive", v.ms_adaptive},
                   {"realisation", or_null(v.realisation)},
                   {"drop", labelled ? ordered_json(100 * v.changes.drop()) : ordered_json()},
                   {"lost", v.changes.lost},
                   {"gained", v.changes.gained},
                   {"certificate", certificate}};
  write_policy(policy, out);
  return out.dump();
}

}  // namespace fovea
