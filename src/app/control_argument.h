// --control: a budget that is kept by feedback.
#pragma once

#include <optional>

#include "app/verb.h"
#include "eval/policy_stream.h"
#include "fovea/model.h"
#include "fovea/policy.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs control_options();

/// Throws Error (kUsage) where --control stands without a budget of multiply-adds or
/// beside a deadline: to be called
/// before the budget is solved, which has errors of its own.
void check_control(const Arguments& arguments);

/// The controller for --budget where --control stands there, else nothing. `policy` is what the
/// options say beside it; of that a cap holds.
/// Throws Error (kUsage): without a budget of multiply-adds, for a budget out of range, a model
/// without calibration, or a deadline beside it.
[[nodiscard]] std::optional<BudgetController> controller_from(const Arguments& arguments,
                                                              const Model& model,
                                                              const Policy& policy);

/// The same whether --control stands there or not.
[[nodiscard]] BudgetController budget_controller(const Arguments& arguments, const Model& model,
                                                 const Policy& policy);

}  // namespace fovea::app
