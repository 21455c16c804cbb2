#include "app/control_argument.h"

#include "app/table.h"
#include "base/file.h"
#include "base/words.h"
#include "calibrate/budget.h"
#include "calibrate/record.h"

namespace fovea::app {
namespace {

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

int64_t kept_budget(const Arguments& arguments) {
  const auto text = arguments.value("--budget");
  if (!text) throw usage("there is no budget to keep", "--budget N", "none");
  const std::optional<int64_t> budget = parse_count(*text);
  if (!budget) throw usage("only multiply-adds can be kept", "--budget 30M", *text);
  return *budget;
}

}  // namespace

OptionSpecs control_options() {
  return {{"--control", "",
           "keep the mean of --budget (multiply-adds) by feedback, whatever the pictures are like: "
           "thresholds move with what the batches before cost (docs/robustness.md)",
           Takes::kNothing}};
}

void check_control(const Arguments& arguments) {
  if (!arguments.has("--control")) return;
  (void)kept_budget(arguments);
  if (arguments.has("--deadline")) throw two_choosers();
}

std::optional<BudgetController> controller_from(const Arguments& arguments, const Model& model,
                                                const Policy& policy) {
  if (!arguments.has("--control")) return std::nullopt;
  return budget_controller(arguments, model, policy);
}

BudgetController budget_controller(const Arguments& arguments, const Model& model,
                                   const Policy& policy) {
  const auto wanted = static_cast<double>(kept_budget(arguments));
  if (policy.deadline_ms) throw two_choosers();
  const CalibrationRecord record = stored_calibration(model, "the model's calibration").value();
  std::vector<FrontierPoint> points;
  for (const CurvePoint& point : record.curve) {
    if (point.rule.patience == 0) points.push_back({.rule = point.rule});
  }
  const RuleData data = selecting(record, macs_of(model.graph));
  const FrontierPoint found = solve_budget(data, points, wanted, [](double macs) {
                                return millions(macs) + "M multiply-adds";
                              }).value();
  return {data, found.rule, wanted};
}

}  // namespace fovea::app
