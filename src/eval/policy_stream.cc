#include "eval/policy_stream.h"

#include "eval/full_pass.h"

namespace fovea {

Policy FixedPolicy::next(int64_t begin, int64_t end) {
  return policy_for_rows(policy_, begin, end);
}

Policy ControlledPolicy::next(int64_t, int64_t) {
  Policy policy = controller_.rule().policy();
  policy.max_macs = max_macs_;
  return policy;
}

void ControlledPolicy::ran(const BatchCost& cost) {
  if (cost.macs.empty()) return;
  double whole = 0;
  if (unit_ == CostUnit::kMs) {
    FOVEA_CHECK(cost.ms.has_value());
    whole = *cost.ms;
  } else {
    for (const int64_t each : cost.macs) whole += static_cast<double>(each);
  }
  const auto n = static_cast<int64_t>(cost.macs.size());
  steps_.push_back(
      {.samples = n, .cost = whole / static_cast<double>(n), .position = controller_.position()});
  controller_.spent(n, whole);
}

}  // namespace fovea
