#include "calibrate/official.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

namespace fovea {

std::array<float, kOfficialPoints> official_ratios() {
  std::array<float, kOfficialPoints> ratios{};
  for (int i = 0; i < kOfficialPoints; ++i) {
    ratios[static_cast<size_t>(i)] = static_cast<float>((i + 1) / 20.0);
  }
  return ratios;
}

std::string official_name(int point) {
  std::array<char, 32> text{};
  const int hundredths = 5 * (point + 1);
  std::snprintf(text.data(), text.size(), "official-%d.%02d", hundredths / 100, hundredths % 100);
  return text.data();
}

std::vector<float> geometric_distribution(float q, int n_exits) {
  // Functions in double, rounded: float32 results that do not depend on a library's float versions.
  const auto log_q = static_cast<float>(std::log(static_cast<double>(q)));
  std::vector<float> shares;
  float sum = 0;
  for (int k = 1; k <= n_exits; ++k) {
    const float exponent = static_cast<float>(k) * log_q;
    shares.push_back(static_cast<float>(std::exp(static_cast<double>(exponent))));
    sum += shares.back();
  }
  for (float& share : shares) share /= sum;
  return shares;
}

std::vector<float> quota_thresholds(const ExitTable& table, std::span<const float> distribution) {
  FOVEA_CHECK(distribution.size() == static_cast<size_t>(table.n_exits));
  std::vector<float> thresholds(distribution.size(), kNobodyLeaves);
  std::vector<char> done(static_cast<size_t>(table.n), 0);
  std::vector<float> left;
  for (int exit = 0; exit + 1 < table.n_exits; ++exit) {
    const auto k = static_cast<size_t>(exit);
    const auto confidences = table.confidences(exit);
    const auto quota =
        static_cast<size_t>(std::floor(static_cast<float>(table.n) * distribution[k]));
    left.clear();
    for (size_t i = 0; i < done.size(); ++i) {
      if (done[i] == 0 && !std::isnan(confidences[i])) left.push_back(confidences[i]);
    }
    if (quota == 0 || quota > left.size()) continue;
    const auto last = left.begin() + static_cast<std::ptrdiff_t>(quota) - 1;
    std::nth_element(left.begin(), last, left.end(), std::greater<>());
    thresholds[k] = *last;
    for (size_t i = 0; i < done.size(); ++i) {
      if (passes(confidences[i], thresholds[k])) done[i] = 1;
    }
  }
  thresholds.back() = kEverybodyLeaves;
  return thresholds;
}

Policy policy_of_thresholds(std::span<const float> thresholds) {
  Policy policy;
  for (size_t k = 0; k + 1 < thresholds.size(); ++k) {
    policy.thresholds.push_back(
        thresholds[k] >= kNobodyLeaves ? std::nullopt : std::optional<float>(thresholds[k]));
  }
  return policy;
}

std::vector<OfficialPoint> solve_official(const ExitTable& held_out) {
  std::vector<OfficialPoint> points;
  int index = 0;
  for (const float q : official_ratios()) {
    OfficialPoint point{.name = official_name(index++),
                        .q = q,
                        .distribution = geometric_distribution(q, held_out.n_exits)};
    point.thresholds = quota_thresholds(held_out, point.distribution);
    point.policy = policy_of_thresholds(point.thresholds);
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace fovea
