#include "eval/slowdown.h"

namespace fovea {

double efficacy(const AdaptiveReport& report, double full_macs) {
  return full_macs > 0 ? 1 - report.mean_macs / full_macs : 0;
}

std::vector<ExitShare> exit_shares(const AdaptiveReport& report, const std::vector<double>& macs) {
  std::vector<ExitShare> out;
  int64_t left = 0;
  for (size_t exit = 0; exit < macs.size(); ++exit) {
    left += report.counts[exit];
    if (macs[exit] == 0) continue;
    out.push_back(
        {.macs = macs[exit], .share = static_cast<double>(left) / static_cast<double>(report.n)});
  }
  return out;
}

}  // namespace fovea
