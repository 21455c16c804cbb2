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

void ControlledPolicy::ran(std::span<const int64_t> macs) {
  if (macs.empty()) return;
  double cost = 0;
  for (const int64_t each : macs) cost += static_cast<double>(each);
  const auto n = static_cast<int64_t>(macs.size());
  steps_.push_back(
      {.samples = n, .macs = cost / static_cast<double>(n), .position = controller_.position()});
  controller_.spent(n, cost);
}

}  // namespace fovea
