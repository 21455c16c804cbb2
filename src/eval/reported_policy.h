// The policy that a result speaks of, for JSON.
#pragma once

#include <optional>

#include "calibrate/record.h"
#include "eval/policy_stream.h"
#include "fovea/policy.h"

namespace fovea {

/// A policy, and what was expected of it where it was solved from a calibration.
struct ReportedPolicy {
  Policy policy;
  std::optional<Expectation> expected;
  CostUnit unit = CostUnit::kMacs;  ///< of the expected cost
};

}  // namespace fovea
