// The trade between accuracy and mean cost: rules that no other found rule beats in both.
#pragma once

#include <vector>

#include "calibrate/rule.h"

namespace fovea {

struct FrontierPoint {
  ThresholdRule rule;
  RuleResult result;
};

/// Maximises value − λ·cost by coordinate ascent over the thresholds of every exit, switched off
/// included, for a falling series of λ, for every last exit, from the cheap and from the dear side;
/// the published geometric rule's points, the single exits and every patience compete as well.
/// Rising cost, rising value. Source: specs/survey.md 3.3 (b).
[[nodiscard]] std::vector<FrontierPoint> lagrangian_frontier(const RuleData& data);

/// Points that no other beats, by rising cost.
[[nodiscard]] std::vector<FrontierPoint> undominated(std::vector<FrontierPoint> points);

/// The published rule's points (solve_official) and finer ones between them.
[[nodiscard]] std::vector<FrontierPoint> official_points(const RuleData& data);

}  // namespace fovea
