#include "app/budget_argument.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/table.h"
#include "base/file.h"
#include "base/words.h"
#include "calibrate/budget.h"
#include "calibrate/record.h"
#include "calibrate/timed_budget.h"

namespace fovea::app {
namespace {

constexpr std::string_view kModel = "the model's calibration";
constexpr double kUsualConfidence = 95;

ErrorInfo usage(std::string what, std::string expected, std::string_view found) {
  return {.kind = ErrorKind::kUsage,
          .what = std::move(what),
          .where = "command line",
          .expected = std::move(expected),
          .found = shown_path(found)};
}

double percent_from(std::string_view option, const std::string& text) {
  const auto value = parse_percent(text);
  if (value) return *value;
  throw Error(usage(std::string(option) + " is no percentage", "a number such as 1% or 90%", text));
}

double top1(const RuleResult& result, int64_t n) {
  return 100 * static_cast<double>(result.correct) / static_cast<double>(n);
}

/// How the samples that an expectation is measured on are called.
constexpr std::string_view kUnused = "not used for it";
constexpr std::string_view kCertifying = "of the certifying half";

/// "threshold 0.93,-; on 2500 samples not used for it 29.81 Mmacs, top-1 90.32 %".
std::string expectation(const CalibrationRecord& record, const ThresholdRule& rule,
                        const AskedCost& cost, const std::function<std::string(double)>& shown,
                        std::string_view samples) {
  const bool held_out = !record.certify.empty();
  const RuleData data = held_out ? certifying(record, cost) : selecting(record, cost);
  const RuleResult result = data.judge(rule);
  return "threshold " + rule_text(rule) + "; on " + std::to_string(data.n()) + " samples " +
         (held_out ? std::string(samples) + " " : "") + shown(result.cost) + ", top-1 " +
         fixed(top1(result, data.n()), 2) + " %";
}

std::string macs_text(double macs) { return millions(macs) + "M multiply-adds"; }
std::string ms_text(double ms) { return fixed(ms, 3) + " ms"; }

std::vector<FrontierPoint> known_points(const CalibrationRecord& record) {
  std::vector<FrontierPoint> out;
  for (const CurvePoint& point : record.curve) out.push_back({.rule = point.rule});
  return out;
}

SegmentTimes times_for(const CalibrationRecord& record, const RunTimes& times) {
  const auto known = std::find_if(record.times.begin(), record.times.end(),
                                  [&](const SegmentTimes& each) { return each.key == times.key; });
  SegmentTimes out = known == record.times.end() ? times.measure() : *known;
  if (times.load_ms) {
    out.load_ms = times.load_ms();
  } else if (known == record.times.end() && !record.times.empty()) {
    out.load_ms = record.times.front().load_ms;
  }
  return out;
}

SolvedPolicy for_budget(const std::string& text, const Model& model, const RunTimes* times) {
  const std::optional<int64_t> macs = parse_count(text);
  const std::optional<double> ms = macs ? std::nullopt : parse_milliseconds(text);
  if (!macs && !ms) {
    throw Error(usage("--budget is neither multiply-adds nor a time",
                      "mean multiply-adds such as 30M, or a mean time such as 2ms", text));
  }
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  AskedCost cost = macs_of(model.graph);
  std::optional<SegmentTimes> segments;
  if (ms) {
    if (times == nullptr) {
      throw Error(usage("a time is no budget here", "multiply-adds such as 30M", text));
    }
    segments = times_for(record, *times);
    cost = ms_of(*segments, model.graph);
  }
  const RuleData select = selecting(record, cost);
  const std::vector<FrontierPoint> known = known_points(record);
  TimedBudget solved;
  if (ms) {
    const double loading = times->loads ? 0 : segments->load_ms;
    const auto measured = [&](std::span<const int> exits) {
      return times->leaving_ms(exits) + loading;
    };
    solved = solve_timed_budget(select, known, *ms, times->key.batch, measured, ms_text).value();
  } else {
    const auto budget = static_cast<double>(*macs);
    solved.found = solve_budget(select, known, budget, macs_text).value();
  }
  const FrontierPoint& found = solved.found;
  const std::function<std::string(double)> shown = [&](double value) {
    return macs ? macs_text(value) : ms_text(value + solved.excess_ms);
  };
  std::string note =
      "--budget " + text + ": " + expectation(record, found.rule, cost, shown, kUnused);
  for (const CurvePoint& point : record.curve) {
    const RuleResult cheaper = select.judge(point.rule);
    if (cheaper.correct < found.result.correct) continue;
    constexpr double kNoticeable = 0.95;
    if (cheaper.cost > kNoticeable * found.result.cost) break;
    note += "; " + shown(cheaper.cost) + " are as accurate on the calibration samples";
    break;
  }
  SolvedPolicy out{.policy = found.rule.policy(), .note = std::move(note)};
  if (ms) {
    out.timed = TimedSolution{.segments = *std::move(segments), .searched_ms = solved.searched_ms};
  }
  return out;
}

SolvedPolicy for_accuracy(const std::string& text, const Model& model) {
  const double wanted = percent_from("--accuracy", text);
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  double least = 100;
  double most = 0;
  for (const CurvePoint& point : record.curve) {
    least = std::min(least, point.held_out_top1);
    most = std::max(most, point.held_out_top1);
    if (point.held_out_top1 >= wanted) {
      return {
          .policy = point.rule.policy(),
          .note = "--accuracy " + text + ": " +
                  expectation(record, point.rule, macs_of(model.graph), macs_text, kCertifying)};
    }
  }
  throw Error(
      {.kind = ErrorKind::kUsage,
       .what = "the accuracy is out of range",
       .where = "--accuracy",
       .expected = fixed(least, 2) + " % to " + fixed(most, 2) + " % on the calibration samples",
       .found = fixed(wanted, 2) + " %"});
}

SolvedPolicy for_promise(const Promise& promise, const Model& model) {
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  const AskedCost macs = macs_of(model.graph);
  Certificate found =
      certify(selecting(record, macs), certifying(record, macs), record.candidates, promise)
          .value();
  std::string note = "--max-drop " + fixed(promise.max_drop, 2) +
                     "%: " + expectation(record, found.rule, macs, macs_text, kCertifying) +
                     "; with confidence " + fixed(promise.confidence, 1) +
                     " % the drop is at most " + fixed(promise.max_drop, 2) + " points";
  Policy policy = found.rule.policy();
  return {.policy = std::move(policy), .certificate = std::move(found), .note = std::move(note)};
}

void require_alone(const Arguments& arguments) {
  std::string first;
  for (const char* option : {"--budget", "--accuracy", "--max-drop", "--threshold", "--patience",
                             "--exit", "--policy"}) {
    if (!arguments.has(option)) continue;
    if (!first.empty()) {
      throw Error({.kind = ErrorKind::kUsage,
                   .what = first + " and " + option + " both choose where samples leave",
                   .where = "command line",
                   .expected = "one of them"});
    }
    first = option;
  }
}

bool same_policy(const Policy& a, const Policy& b) {
  return policy_to_json(a) == policy_to_json(b);
}

}  // namespace

OptionSpecs promise_options() {
  return {
      {"--max-drop", "P",
       "the cheapest policy that loses at most P percentage points of top-1 against the last exit "
       "(1%), certified on the half that did not choose thresholds (docs/calibration.md)"},
      {"--confidence", "C", "how sure --max-drop is, from 50% to below 100%; 95%"},
  };
}

OptionSpecs budget_options() {
  return OptionSpecs{
             {"--budget", "B",
              "the most accurate policy of a mean cost a sample: multiply-adds (30M) or wall time "
              "with loading (2ms); this, --accuracy and --max-drop are solved from what `fovea "
              "calibrate` stored in MODEL, and a note says what to expect"},
             {"--accuracy", "P",
              "the cheapest policy that reaches this top-1 on the calibration samples (90%)"},
         } +
         promise_options();
}

std::optional<Promise> promise_from(const Arguments& arguments) {
  const auto drop = arguments.value("--max-drop");
  const auto confidence = arguments.value("--confidence");
  if (!drop) {
    if (!confidence) return std::nullopt;
    throw Error(usage("--confidence says how sure --max-drop is", "--max-drop P", "no --max-drop"));
  }
  return Promise{
      .max_drop = percent_from("--max-drop", *drop),
      .confidence = confidence ? percent_from("--confidence", *confidence) : kUsualConfidence};
}

std::optional<SolvedPolicy> solved_policy(const Arguments& arguments, const Model& model,
                                          const RunTimes* times) {
  const std::optional<Promise> promise = promise_from(arguments);
  const auto budget = arguments.value("--budget");
  const auto accuracy = arguments.value("--accuracy");
  if (!promise && !budget && !accuracy) return std::nullopt;
  require_alone(arguments);
  if (promise) return for_promise(*promise, model);
  return budget ? for_budget(*budget, model, times) : for_accuracy(*accuracy, model);
}

std::optional<Certificate> certificate_of(const std::optional<SolvedPolicy>& solved,
                                          const Model& model, const Policy& policy) {
  if (solved && solved->certificate && same_policy(solved->certificate->rule.policy(), policy)) {
    return solved->certificate;
  }
  Result<CalibrationRecord> record = stored_calibration(model, kModel);
  if (!record.ok()) {
    // A model without calibration has no certificate either.
    if (record.error().kind == ErrorKind::kUsage) return std::nullopt;
    throw Error(record.error());
  }
  for (Certificate& each : record.value().certificates) {
    if (same_policy(each.rule.policy(), policy)) return std::move(each);
  }
  return std::nullopt;
}

std::string certificate_name(const Promise& promise) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "max-drop-%g-%g", promise.max_drop, promise.confidence);
  return text.data();
}

std::string certificate_text(const Certificate& certificate) {
  const AnswerChanges& changes = certificate.changes;
  return "with confidence " + fixed(certificate.promise.confidence, 1) + " % the drop is at most " +
         fixed(certificate.promise.max_drop, 2) + " points (these samples alone bound it by " +
         fixed(certificate.bound, 2) + "): of " + std::to_string(changes.n) + " samples " +
         std::to_string(changes.lost) + " answers were lost and " + std::to_string(changes.gained) +
         " gained, " + millions(certificate.macs) + " Mmacs a sample";
}

std::string rule_text(const ThresholdRule& rule) {
  std::string out;
  for (int exit = 0; exit < rule.last; ++exit) {
    const auto& threshold = rule.thresholds[static_cast<size_t>(exit)];
    out += (exit == 0 ? "" : ",") + (threshold ? json_float(*threshold).dump() : std::string("-"));
  }
  if (rule.patience > 0) out = "patience " + std::to_string(rule.patience);
  if (rule.last + 1 < static_cast<int>(rule.thresholds.size())) {
    out += (out.empty() ? "exit " : ", exit ") + std::to_string(rule.last);
  }
  return out.empty() ? "none" : out;
}

}  // namespace fovea::app
