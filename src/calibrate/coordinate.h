// All rules that differ in one exit's threshold, judged in one pass over its sorted confidences.
#pragma once

#include <functional>
#include <optional>

#include "calibrate/rule.h"

namespace fovea {

/// One value for an exit's threshold and what the whole rule then gives.
struct ThresholdChoice {
  std::optional<float> threshold;  ///< nothing = the exit is switched off
  double value = 0;                ///< sum over the samples
  double cost = 0;                 ///< mean per sample
};

/// Calls `visit` for the exit switched off and for each threshold that some sample which reaches
/// the exit has, highest first; of these only every `stride`-th. `exit` < rule.last; no patience:
/// which exits agree depends on which are asked.
void for_each_threshold(const RuleData& data, const ThresholdRule& rule, int exit, int64_t stride,
                        const std::function<void(const ThresholdChoice&)>& visit);

/// Goes through the exits in turn and gives each the best threshold while the others stay, until
/// none changes. `better(a, b)` says that choice a is to be preferred to the present b. A rule with
/// patience comes back as it is.
/// Source: specs/survey.md 3.3 (b).
[[nodiscard]] ThresholdRule coordinate_ascent(
    const RuleData& data, ThresholdRule rule, int64_t stride,
    const std::function<bool(const ThresholdChoice& a, const ThresholdChoice& b)>& better);

}  // namespace fovea
