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

/// Measures `policy` on corrupted `data`, without its cap, beside the cap (--max-macs, else
/// --budget) and the controller of --budget where they stand there. Errors are thrown: those of
/// measure_shift.
[[nodiscard]] ShiftReport shift_of(Context& context, const Arguments& arguments,
                                   const Network& network, const DatasetPtr& data,
                                   Executor& executor, Policy policy);

int eval_shift(Context& context, const Arguments& arguments);

}  // namespace fovea::app
