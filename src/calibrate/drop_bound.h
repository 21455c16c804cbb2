// How much accuracy leaving early may cost, bounded from finitely many samples
// (docs/calibration.md).
#pragma once

#include <cstdint>
#include <optional>

namespace fovea {

/// P(X <= k) for X binomial with n trials of probability p, through the incomplete beta function.
[[nodiscard]] double binomial_cdf(int64_t k, int64_t n, double p);

/// P(lost - gained <= s) where each of n samples is lost or gained with these probabilities,
/// rounded up by at most 1e-12.
[[nodiscard]] double difference_cdf(int64_t s, int64_t n, double p_lost, double p_gained);

/// The Clopper-Pearson bounds: with probability at least 1 - alpha over the samples, the
/// probability of what was seen k times in n is at most (at least) this.
[[nodiscard]] double clopper_pearson_upper(int64_t k, int64_t n, double alpha);
[[nodiscard]] double clopper_pearson_lower(int64_t k, int64_t n, double alpha);

/// On n samples: right at the last exit and wrong under the policy, and the reverse.
struct AnswerChanges {
  int64_t n = 0;
  int64_t lost = 0;
  int64_t gained = 0;
  /// Drop on these samples in [-1, 1].
  [[nodiscard]] double drop() const {
    return static_cast<double>(lost - gained) / static_cast<double>(n);
  }
};

/// True where independent samples with these changes rule out, at level `delta`, that the drop
/// (probability of lost less probability of gained) is `drop` or more: if it is, this says true
/// with probability at most delta, whatever else the distribution. 0 < drop < 1, 0 < delta < 1.
///
/// Exact test of the difference of lost and gained, the nuisance (how often answers change at all)
/// held below a Clopper-Pearson bound at delta/20 (Berger and Boos, 1994).
[[nodiscard]] bool rules_out_drop(const AnswerChanges& changes, double drop, double delta);

/// The least drop that is ruled out, to 1e-5: an upper confidence bound at level 1 - delta. 1 where
/// none is.
[[nodiscard]] double drop_upper_bound(const AnswerChanges& changes, double delta);
/// The same from below: with probability at least 1 - delta the drop is at least this.
[[nodiscard]] double drop_lower_bound(const AnswerChanges& changes, double delta);

/// How often a policy's answer differs from the last exit's, and what that costs on balance;
/// shares.
struct ChangeRates {
  double changed = 0;
  double drop = 0;  ///< lost less gained, at most `changed`
};

/// Samples that rule out `drop` where a policy with these rates shows a drop that is `luck` of its
/// standard deviations too high; nothing where more than `most` are needed.
[[nodiscard]] std::optional<int64_t> samples_needed(double drop, double delta,
                                                    const ChangeRates& rates, double luck,
                                                    int64_t most = 10'000'000);

}  // namespace fovea
