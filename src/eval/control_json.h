// The JSON form of what a controller did, inside of the reports of this folder.
#pragma once

#include <nlohmann/json.hpp>

#include "eval/policy_stream.h"

namespace fovea {

/// {"budget","unit":"macs","steps":[{"n","macs","position"}]}; or with "ms" for both.
inline nlohmann::ordered_json control_json(const ControlReport& control) {
  const char* const unit = control.unit == CostUnit::kMs ? "ms" : "macs";
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const ControlStep& step : control.steps) {
    steps.push_back({{"n", step.samples}, {unit, step.cost}, {"position", step.position}});
  }
  return {{"budget", control.budget}, {"unit", unit}, {"steps", std::move(steps)}};
}

}  // namespace fovea
