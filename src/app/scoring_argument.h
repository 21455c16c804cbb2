// How calibration scores the exits: --score and --fit-temperature.
#pragma once

#include <string>
#include <vector>

#include "app/verb.h"
#include "calibrate/record.h"
#include "calibrate/temperature.h"
#include "fovea/model.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs scoring_options();

/// Sets how recorded logits are scored, as the options say: the metric of all exits, and fitted
/// temperatures. Gives the fits, empty where none was asked for.
/// Throws Error (kUsage) for an unknown metric.
std::vector<TemperatureFit> apply_scoring(const Arguments& arguments, const Halves& halves,
                                          Scores& scores);

/// One line an exit: its temperature, and on the certifying half the mean log-likelihood and the
/// calibration error with it and before.
[[nodiscard]] std::string fits_text(const std::vector<TemperatureFit>& fits);

/// Takes out of a model what a new calibration makes void: earlier certificates' policies and,
/// where exits are scored otherwise now, policies of thresholds. Gives their names.
std::vector<std::string> forget_policies(Model& model, std::span<const Scoring> scoring);

}  // namespace fovea::app
