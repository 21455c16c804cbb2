// The JSON form of a reported policy, for the files that write results.
#pragma once

#include <nlohmann/json.hpp>

#include "eval/reported_policy.h"

namespace fovea {

/// Adds "policy" and "expected" ({"n","held_out","top1","top1_low","top1_high","mean_macs" or
/// "ms"}, or null) to a result.
void write_policy(const ReportedPolicy& reported, nlohmann::ordered_json& to);

}  // namespace fovea
