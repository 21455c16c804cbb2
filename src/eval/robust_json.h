// The JSON forms of what is measured under shift and under attack (docs/json.md).
#pragma once

#include <string>

#include "eval/shift.h"
#include "eval/slowdown.h"

namespace fovea {

/// {"n","rows":[{"corruption","strength","last":{"top1","mean_macs","counts"},"policy","cap",
/// "control"}],"sequence":{…}}; null where something was not measured.
[[nodiscard]] std::string shift_json(const ShiftReport& report);

/// {"before":{"efficacy","top1","mean_macs","counts","curve":[{"macs","share"}]},"after":{…},
/// "full_macs"}; `macs` by exit of the network, 0 where the policy does not ask it.
[[nodiscard]] std::string slowdown_json(const SlowdownReport& report,
                                        const std::vector<double>& macs);

}  // namespace fovea
