// fovea eval --shift: accuracy and cost on corrupted pictures.
#pragma once

#include "app/network.h"
#include "app/verb.h"
#include "data/core/dataset.h"
#include "eval/shift.h"
#include "fovea/executor.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs shift_options();
/// True where --shift stands there.
[[nodiscard]] bool wants_shift(const Arguments& arguments);

/// Where --shift stands there: throws Error (kUsage) for options that do not go with it, and where
/// there is no data.
void check_shift(const Arguments& arguments);

/// What --shift compares: `policy` without its cap, beside the cap (--max-macs, else --budget) and
/// the controller of --budget where they stand there. Throws Error (kUsage) for a cap or a budget
/// that the model cannot keep.
[[nodiscard]] ShiftPlan shift_plan(const Arguments& arguments, const Model& model, Policy policy);

/// Measures it. Errors are thrown: those of measure_shift.
[[nodiscard]] ShiftReport shift_of(Context& context, const Network& network, const DatasetPtr& data,
                                   Executor& executor, ShiftPlan plan);

int eval_shift(Context& context, const Arguments& arguments);

}  // namespace fovea::app
