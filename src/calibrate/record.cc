#include "calibrate/record.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>

#include "base/noise.h"
#include "calibrate/budget.h"
#include "calibrate/frontier.h"

namespace fovea {
namespace {

/// Budgets of the stored curve.
constexpr int kCurvePoints = 32;

double top1(const RuleResult& result, int64_t n) {
  return 100.0 * static_cast<double>(result.correct) / static_cast<double>(n);
}

std::vector<int64_t> others(int64_t n, const std::vector<int64_t>& some) {
  std::vector<int64_t> out;
  size_t next = 0;
  for (int64_t i = 0; i < n; ++i) {
    if (next < some.size() && some[next] == i) {
      ++next;
    } else {
      out.push_back(i);
    }
  }
  return out;
}

std::vector<int64_t> labelled(const Scores& scores) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < scores.n(); ++i) {
    if (scores.labels[static_cast<size_t>(i)] >= 0) out.push_back(i);
  }
  return out;
}

/// Where members of an ascending list stand in it.
std::vector<int64_t> places_in(const std::vector<int64_t>& all, const std::vector<int64_t>& some) {
  std::vector<int64_t> out;
  for (const int64_t each : some) {
    out.push_back(std::lower_bound(all.begin(), all.end(), each) - all.begin());
  }
  return out;
}

}  // namespace

Halves halves_of(const Scores& scores, uint64_t seed) {
  const std::vector<int64_t> known = labelled(scores);
  std::vector<int64_t> places(known.size());
  std::iota(places.begin(), places.end(), 0);
  NoiseCursor noise(Noise(seed, "calibration halves"));
  for (size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[noise.below(i)]);
  places.resize(places.size() / 2);
  std::sort(places.begin(), places.end());
  return {.select = rows_of(known, others(static_cast<int64_t>(known.size()), places)),
          .certify = rows_of(known, places)};
}

Result<CalibrationRecord> record_of(const Scores& scores, uint64_t seed) {
  const std::vector<int64_t> known = labelled(scores);
  if (known.empty()) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "calibration needs samples whose class is known",
                     .where = "calibration data",
                     .found = std::to_string(scores.n()) + " samples without a class"};
  }
  CalibrationRecord out{.seed = seed,
                        .scoring = scores.scoring,
                        .table = rows_of(exit_table(scores), known),
                        .labels = rows_of(scores.labels, known)};
  if (out.scoring.empty()) out.scoring.resize(static_cast<size_t>(scores.n_exits()));
  const Halves halves = halves_of(scores, seed);
  out.select = places_in(known, halves.select);
  out.certify = places_in(known, halves.certify);
  return out;
}

void solve_curve(CalibrationRecord& record, const Graph& graph) {
  const RuleData chosen = selecting(record, macs_of(graph));
  const std::vector<FrontierPoint> frontier = lagrangian_frontier(chosen);
  const BudgetRange range = budget_range(chosen);
  std::vector<FrontierPoint> points;
  for (int i = 0; i < kCurvePoints; ++i) {
    const double part = i / (kCurvePoints - 1.0);
    // The ends themselves, whatever the power rounds to.
    const double budget =
        std::clamp(range.least * std::pow(range.most / range.least, part), range.least, range.most);
    Result<FrontierPoint> found =
        solve_budget(chosen, frontier, budget, [](double macs) { return std::to_string(macs); });
    if (found.ok()) points.push_back(std::move(found).value());
  }
  record.curve.clear();
  const RuleData other = certifying(record, macs_of(graph));
  const std::vector<FrontierPoint> kept = undominated(std::move(points));
  for (const FrontierPoint& point : kept) {
    CurvePoint out{.rule = point.rule,
                   .macs = point.result.cost,
                   .top1 = top1(point.result, chosen.n()),
                   .held_out_macs = point.result.cost,
                   .held_out_top1 = top1(point.result, chosen.n())};
    if (other.n() > 0) {
      const RuleResult measured = other.judge(point.rule);
      out.held_out_macs = measured.cost;
      out.held_out_top1 = top1(measured, other.n());
    }
    record.curve.push_back(std::move(out));
  }
  record.candidates = drop_candidates(chosen);
}

RuleData selecting(const CalibrationRecord& record, AskedCost cost) {
  return {rows_of(record.table, record.select), rows_of(record.labels, record.select),
          std::move(cost)};
}

RuleData certifying(const CalibrationRecord& record, AskedCost cost) {
  return {rows_of(record.table, record.certify), rows_of(record.labels, record.certify),
          std::move(cost)};
}

Expectation expected_of(const CalibrationRecord& record, const ThresholdRule& rule,
                        const AskedCost& cost) {
  const bool held_out = !record.certify.empty();
  const RuleData data = held_out ? certifying(record, cost) : selecting(record, cost);
  const RuleResult result = data.judge(rule);
  return {.n = data.n(), .held_out = held_out, .correct = result.correct, .cost = result.cost};
}

const CurvePoint* cheapest_reaching(const CalibrationRecord& record, double top1) {
  const auto found = std::find_if(record.curve.begin(), record.curve.end(),
                                  [top1](const CurvePoint& point) { return point.top1 >= top1; });
  return found == record.curve.end() ? nullptr : &*found;
}

int64_t n_calibrated_on(const CalibrationRecord& record, std::span<const uint64_t> pictures) {
  const std::unordered_set<uint64_t> known(record.pictures.begin(), record.pictures.end());
  return std::count_if(pictures.begin(), pictures.end(),
                       [&](uint64_t each) { return known.contains(each); });
}

}  // namespace fovea
