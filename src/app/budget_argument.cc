#include "app/budget_argument.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/console.h"
#include "app/table.h"
#include "app/time_budget.h"
#include "base/file.h"
#include "base/words.h"
#include "calibrate/budget.h"
#include "calibrate/record.h"
#include "eval/anytime.h"
#include "eval/interval.h"

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

std::string short_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

double percent_from(std::string_view option, const std::string& text) {
  const auto value = parse_percent(text);
  if (value) return *value;
  throw Error(usage(std::string(option) + " is no percentage", "a number such as 1% or 90%", text));
}

/// A share of 1 where per cents are meant would be taken for hardly any.
double share_in_percent(std::string_view option, const std::string& text) {
  const double value = percent_from(option, text);
  if (text.ends_with('%') || !(value > 0 && value <= 1)) return value;
  ErrorInfo error = usage(std::string(option) + " is in per cent",
                          "a number such as 90, or 0.5% with its sign", text);
  error.hint = "perhaps " + short_number(100 * value) + "%";
  throw Error(std::move(error));
}

/// A result, or its error with the value as it was typed.
template <typename T>
T typed(Result<T> result, const std::string& text) {
  if (result.ok()) return std::move(result).value();
  ErrorInfo error = result.error();
  error.found = shown_path(text);
  throw Error(std::move(error));
}

using Shown = std::function<std::string(double)>;

std::string macs_text(double macs) { return millions(macs) + "M multiply-adds"; }

/// "threshold 0.93,-; on 2500 samples not used for it 29.81M multiply-adds, top-1 90.32 % (95 %
/// interval 89.10 to 91.42)".
std::string told(const ThresholdRule& rule, const Expectation& expected, const Shown& shown) {
  const Interval share = wilson(expected.correct, expected.n);
  return "threshold " + rule_text(rule) + "; on " + std::to_string(expected.n) +
         (expected.held_out ? " samples not used for it " : " samples that chose it ") +
         shown(expected.cost) + ", top-1 " + fixed(*percent(expected.correct, expected.n), 2) +
         " % (95 % interval " + fixed(100 * share.low, 2) + " to " + fixed(100 * share.high, 2) +
         ")";
}

/// That much less would be as accurate on the samples that chose, or nothing.
std::string told_cheaper(const CalibrationRecord& record, const RuleData& select,
                         const RuleResult& found, const Shown& shown) {
  constexpr double kNoticeable = 0.95;
  for (const CurvePoint& point : record.curve) {
    const RuleResult cheaper = select.judge(point.rule);
    if (cheaper.correct < found.correct) continue;
    if (cheaper.cost > kNoticeable * found.cost) return "";
    return "; " + shown(cheaper.cost) + " are as accurate on the calibration samples";
  }
  return "";
}

SolvedPolicy for_macs(const std::string& text, int64_t budget, const Model& model) {
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  const AskedCost cost = macs_of(model.graph);
  const RuleData select = selecting(record, cost);
  std::vector<FrontierPoint> curve;
  for (const CurvePoint& point : record.curve) curve.push_back({.rule = point.rule});
  const FrontierPoint found =
      typed(solve_budget(select, curve, static_cast<double>(budget), macs_text), text);
  const Expectation expected = expected_of(record, found.rule, cost);
  return {.policy = found.rule.policy(),
          .note = "--budget " + text + ": " + told(found.rule, expected, macs_text) +
                  told_cheaper(record, select, found.result, macs_text),
          .expected = expected};
}

SolvedPolicy for_time(const std::string& text, double budget_ms, const Model& model,
                      const RunTimes& times) {
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  SolvedTime time = typed(solve_time(record, budget_ms, times, model.graph), text);
  const AskedCost cost = ms_of(time.segments, model.graph);
  const FrontierPoint& found = time.solved.found;
  Expectation expected = expected_of(record, found.rule, cost);
  expected.cost += time.solved.excess_ms;
  const Shown beyond = [&](double ms) { return ms_text(ms + time.solved.excess_ms); };
  std::string note = "--budget " + text + ": " + told(found.rule, expected, ms_text) +
                     told_cheaper(record, selecting(record, cost), found.result, beyond);
  if (!time.remark.empty()) note += "; " + time.remark;
  Policy policy = found.rule.policy();
  return {.policy = std::move(policy),
          .note = std::move(note),
          .expected = expected,
          .timed = TimedSolution{.segments = std::move(time.segments),
                                 .rule = found.rule,
                                 .searched_ms = time.solved.searched_ms}};
}

SolvedPolicy for_budget(const std::string& text, const Model& model, const RunTimes* times) {
  const std::optional<int64_t> macs = parse_count(text);
  if (macs) return for_macs(text, *macs, model);
  const std::optional<double> ms = parse_milliseconds(text);
  if (!ms) {
    throw Error(usage("--budget is neither multiply-adds nor a time",
                      "mean multiply-adds such as 30M, or a mean time such as 2ms", text));
  }
  if (times == nullptr) {
    (void)stored_calibration(model, kModel).value();
    throw Error(usage("a time is no budget here", "multiply-adds such as 30M", text));
  }
  return for_time(text, *ms, model, *times);
}

SolvedPolicy for_accuracy(const std::string& text, const Model& model) {
  const double wanted = share_in_percent("--accuracy", text);
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  const CurvePoint* point = wanted >= 0 ? cheapest_reaching(record, wanted) : nullptr;
  if (point == nullptr) {
    double most = 0;
    for (const CurvePoint& each : record.curve) most = std::max(most, each.top1);
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the accuracy is out of range",
                 .where = "--accuracy",
                 .expected = "0 % to " + fixed(most, 2) + " % on the samples that choose",
                 .found = shown_path(text)});
  }
  const Expectation expected = expected_of(record, point->rule, macs_of(model.graph));
  return {.policy = point->rule.policy(),
          .note = "--accuracy " + text + ": " + told(point->rule, expected, macs_text),
          .expected = expected};
}

SolvedPolicy for_promise(const Promise& promise, const Model& model) {
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  if (const int64_t known = record.choice.trained_on.value_or(0); known > 0) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "a drop cannot be certified on samples that the model was trained on",
                 .where = std::string(kModel),
                 .expected = "a calibration on samples that its training did not see",
                 .found = std::to_string(known) + " samples that it was trained on",
                 .hint = "`fovea calibrate MODEL --data D --split val -o OUT.fovea`"});
  }
  const AskedCost macs = macs_of(model.graph);
  Certificate found =
      certify(selecting(record, macs), certifying(record, macs), record.candidates, promise)
          .value();
  const Expectation expected = expected_of(record, found.rule, macs);
  std::string note = "--max-drop " + fixed(promise.max_drop, 2) +
                     "%: " + told(found.rule, expected, macs_text) + "; with confidence " +
                     fixed(promise.confidence, 1) + " % the drop is at most " +
                     fixed(promise.max_drop, 2) + " points";
  Policy policy = found.rule.policy();
  return {.policy = std::move(policy),
          .certificate = std::move(found),
          .note = std::move(note),
          .expected = expected};
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
              "the cheapest policy that reaches this top-1 (90%) on the half of the calibration "
              "samples "
              "that chooses thresholds; the note says what it reached on the other"},
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
      .confidence = confidence ? share_in_percent("--confidence", *confidence) : kUsualConfidence};
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

ReportedPolicy reported(const Policy& policy, const std::optional<SolvedPolicy>& solved) {
  ReportedPolicy out{.policy = policy};
  if (solved) {
    out.expected = solved->expected;
    out.unit = solved->timed ? CostUnit::kMs : CostUnit::kMacs;
  }
  return out;
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
  return "max-drop-" + short_number(promise.max_drop) + "-" + short_number(promise.confidence);
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
