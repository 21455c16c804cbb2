#include "app/control_argument.h"

#include <utility>

#include "app/table.h"
#include "base/file.h"
#include "base/words.h"
#include "calibrate/budget.h"
#include "calibrate/record.h"

namespace fovea::app {
namespace {

constexpr std::string_view kModel = "the model's calibration";

Error usage(std::string what, std::string expected, std::string_view found) {
  return Error({.kind = ErrorKind::kUsage,
                .what = std::move(what),
                .where = "--control",
                .expected = std::move(expected),
                .found = shown_path(found)});
}

Error two_choosers() {
  return usage("a deadline and a controlled budget both choose where samples leave", "one of them",
               "a deadline");
}

std::string kept_budget(const Arguments& arguments) {
  const auto text = arguments.value("--budget");
  if (!text) throw usage("there is no budget to keep", "--budget N", "none");
  return *text;
}

std::string macs_text(double macs) { return millions(macs) + "M multiply-adds"; }
std::string ms_text(double ms) { return fixed(ms, 3) + " ms"; }

/// A rule with patience has no thresholds to move.
std::vector<FrontierPoint> movable_points(const CalibrationRecord& record) {
  std::vector<FrontierPoint> out;
  for (const CurvePoint& point : record.curve) {
    if (point.rule.patience == 0) out.push_back({.rule = point.rule});
  }
  return out;
}

}  // namespace

OptionSpecs control_options() {
  return {{"--control", "",
           "keep the mean of --budget by feedback, whatever the pictures are like and however the "
           "machine drifts: thresholds move with what the batches before cost "
           "(docs/robustness.md); a budget of time is kept so unless --no-control or a deadline "
           "stands beside it",
           Takes::kNothing},
          {"--no-control", "", "hold the thresholds that were solved for a budget of time",
           Takes::kNothing}};
}

void check_control(const Arguments& arguments) {
  if (!arguments.has("--control")) return;
  if (arguments.has("--no-control")) {
    throw usage("thresholds cannot move and hold", "one of the two", "--no-control");
  }
  (void)kept_budget(arguments);
  if (arguments.has("--deadline")) throw two_choosers();
}

bool control_asks_time(const Arguments& arguments) {
  if (!arguments.has("--control")) return false;
  const std::string text = kept_budget(arguments);
  return !parse_count(text) && parse_milliseconds(text);
}

std::optional<KeptBudget> controller_from(const Console& console, const Arguments& arguments,
                                          const Model& model, const Policy& policy,
                                          const std::optional<SolvedPolicy>& solved) {
  const bool asked = arguments.has("--control");
  if (!solved || !solved->timed) {
    if (!asked) return std::nullopt;
    return KeptBudget{.controller = budget_controller(arguments, model, policy)};
  }
  if (!asked && (arguments.has("--no-control") || policy.deadline_ms)) return std::nullopt;
  if (policy.deadline_ms) throw two_choosers();
  const double wanted = parse_milliseconds(kept_budget(arguments)).value();
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  const RuleData data = selecting(record, ms_of(solved->timed->segments, model.graph));
  ThresholdRule rule = solved->timed->rule;
  if (rule.patience != 0) {
    rule = solve_budget(data, movable_points(record), solved->timed->searched_ms, ms_text)
               .value()
               .rule;
  }
  if (!asked) {
    console.note(
        "from there on thresholds follow the clock, to keep the mean; --no-control holds them");
  }
  return KeptBudget{.controller = {data, std::move(rule), wanted}, .unit = CostUnit::kMs};
}

BudgetController budget_controller(const Arguments& arguments, const Model& model,
                                   const Policy& policy) {
  const std::string text = kept_budget(arguments);
  const std::optional<int64_t> macs = parse_count(text);
  if (!macs) throw usage("only multiply-adds can be kept here", "--budget 30M", text);
  if (policy.deadline_ms) throw two_choosers();
  const auto wanted = static_cast<double>(*macs);
  const CalibrationRecord record = stored_calibration(model, kModel).value();
  const RuleData data = selecting(record, macs_of(model.graph));
  const Result<FrontierPoint> found = solve_budget(data, movable_points(record), wanted, macs_text);
  if (!found.ok()) {
    ErrorInfo error = found.error();
    error.found = shown_path(text);
    throw Error(std::move(error));
  }
  return {data, found.value().rule, wanted};
}

}  // namespace fovea::app
