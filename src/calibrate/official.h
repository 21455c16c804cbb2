// The published budget solver of MSDNet and RANet: quotas that fall or grow geometrically from exit
// to exit (specs/ranet.md 8.2, specs/survey.md 3.3 a). All arithmetic is float32, as published.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "calibrate/scores.h"
#include "fovea/policy.h"

namespace fovea {

/// The rule's thresholds for "nobody leaves here" and "everybody leaves here".
inline constexpr float kNobodyLeaves = 1e8F;
inline constexpr float kEverybodyLeaves = -1e8F;

/// The 39 ratios 0.05, 0.10, … 1.95: below 1 most leave early, at 1 equally many everywhere.
inline constexpr int kOfficialPoints = 39;
[[nodiscard]] std::array<float, kOfficialPoints> official_ratios();
/// "official-0.05" … "official-1.95".
[[nodiscard]] std::string official_name(int point);

/// Share of samples that each exit is to take: q^k / sum over k = 1..K of q^k. q > 0.
[[nodiscard]] std::vector<float> geometric_distribution(float q, int n_exits);

/// Thresholds [K] that give each exit its quota of the held-out samples: T_k is the confidence of
/// the m-th most confident sample still there, m = floor(n·share). Where m is 0 or fewer than m are
/// left, nobody leaves at k; where confidences tie, more than m leave.
[[nodiscard]] std::vector<float> quota_thresholds(const ExitTable& table,
                                                  std::span<const float> distribution);

/// Thresholds [K] as a policy: an exit at which nobody leaves is switched off, so that it costs
/// nothing; the answers are those of the thresholds.
[[nodiscard]] Policy policy_of_thresholds(std::span<const float> thresholds);

/// One ratio solved on held-out scores.
struct OfficialPoint {
  std::string name;
  float q = 0;
  std::vector<float> distribution;  ///< [K]
  std::vector<float> thresholds;    ///< [K]
  Policy policy;
};
/// All 39, in the order of their ratios.
[[nodiscard]] std::vector<OfficialPoint> solve_official(const ExitTable& held_out);

}  // namespace fovea
