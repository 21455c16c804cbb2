// --control and --no-control: whether a budget is kept by feedback.
#pragma once

#include <optional>

#include "app/budget_argument.h"
#include "app/verb.h"
#include "eval/policy_stream.h"
#include "fovea/model.h"
#include "fovea/policy.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs control_options();

/// Throws Error (kUsage) where --control stands without a budget, beside a deadline or beside
/// --no-control: to be called before the budget is solved, which has errors of its own.
void check_control(const Arguments& arguments);

/// Whether --control itself asks to keep a time, which only a run takes. Throws Error as
/// check_control.
[[nodiscard]] bool control_asks_time(const Arguments& arguments);

/// A controller and what it counts.
struct KeptBudget {
  BudgetController controller;
  CostUnit unit = CostUnit::kMacs;
};

/// The controller for --budget where --control stands there, and for a budget of time also where
/// neither --no-control nor a deadline does; else nothing. `policy` is what the options say beside
/// it; of that a cap holds. `solved` is what solved_policy gave: a budget of time begins with the
/// times measured there. Where nothing asked for it, a note says so. Throws Error (kUsage):
/// --control without a budget, for one out of range, a model without calibration, or a deadline
/// beside it.
[[nodiscard]] std::optional<KeptBudget> controller_from(const Console& console,
                                                        const Arguments& arguments,
                                                        const Model& model, const Policy& policy,
                                                        const std::optional<SolvedPolicy>& solved);

/// The controller for --budget, multiply-adds, whether --control stands there or not.
[[nodiscard]] BudgetController budget_controller(const Arguments& arguments, const Model& model,
                                                 const Policy& policy);

}  // namespace fovea::app
