// How sure a measured share is.
#pragma once

#include <cstdint>

namespace fovea {

/// Bounds of a share, in [0, 1].
struct Interval {
  double low = 0;
  double high = 1;
};

/// 0.975 quantile of the normal distribution: two-sided 95 %.
inline constexpr double kZ95 = 1.959963984540054;

/// Wilson's score interval for `part` of `whole` independent trials (E. B. Wilson, JASA 22, 1927);
/// [0, 1] where there is no trial. 0 <= part <= whole.
[[nodiscard]] Interval wilson(int64_t part, int64_t whole, double z = kZ95);

/// Two answers to the same samples.
struct PairedDifference {
  int64_t n = 0;
  int64_t only_a = 0;  ///< samples that only the first answers rightly
  int64_t only_b = 0;
  double difference = 0;  ///< share right by b minus share right by a
  double half_width = 0;  ///< of its 95 % interval (normal, of paired shares)
  double p = 1;           ///< exact two-sided McNemar test: only_a against only_b
};
[[nodiscard]] PairedDifference paired_difference(int64_t n, int64_t only_a, int64_t only_b);

}  // namespace fovea
