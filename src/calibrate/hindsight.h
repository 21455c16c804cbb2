// Applying a policy to recorded scores: where each sample would have left.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "calibrate/scores.h"
#include "fovea/error.h"
#include "fovea/graph.h"
#include "fovea/policy.h"

namespace fovea {

/// Exit of each sample: the first of `asked` (ascending) whose threshold its confidence passes,
/// compared in float32, or up to which `patience` of them in a row agree (0 = not looked at), else
/// the last of `asked`. `thresholds` has one entry per exit.
[[nodiscard]] std::vector<int> exits_in_hindsight(const ExitTable& table,
                                                  std::span<const int> asked,
                                                  std::span<const std::optional<float>> thresholds,
                                                  int patience = 0);

/// The same for a whole policy: fixed exit, cap on multiply-adds and replay included. A replay must
/// hold as many samples as the table. A deadline and rules for other decision points cannot be
/// judged from scores and are not looked at.
/// Errors: kUsage where the policy, the network and the scores do not fit.
[[nodiscard]] Result<std::vector<int>> exits_in_hindsight(const ExitTable& table,
                                                          const Policy& policy, const Graph& graph);

/// What leaving at these exits gives.
struct HindsightResult {
  std::vector<int> exits;       ///< per sample
  std::vector<int64_t> counts;  ///< [K], samples that left at each exit
  int64_t correct = 0;
  /// Mean cost: counts/n rounded to float32, times the cost, added in float32 in the order of the
  /// exits (specs/ranet.md 8.2, step 4).
  float cost = 0;
};
[[nodiscard]] HindsightResult judge(const Scores& scores, const ExitTable& table,
                                    std::vector<int> exits);

}  // namespace fovea
