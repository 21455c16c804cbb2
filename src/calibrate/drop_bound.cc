#include "calibrate/drop_bound.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

/// Share of delta that the bound of the nuisance may take.
constexpr double kNuisanceShare = 0.05;

double log_gamma(double x) {
  int sign = 0;
  return lgamma_r(x, &sign);
}

/// Continued fraction of the incomplete beta function by the modified Lentz method; converges fast
/// for x < (a+1)/(a+b+2).
double beta_fraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr double kPrecision = 1e-15;
  constexpr int kMostTerms = 100000;
  const auto away_from_zero = [](double v) { return std::abs(v) < kTiny ? kTiny : v; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double result = d;
  for (int m = 1; m < kMostTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    result *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    result *= d * c;
    if (std::abs(d * c - 1) < kPrecision) break;
  }
  return result;
}

/// Regularised incomplete beta function I_x(a, b), a and b above 0.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) +
                                b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
  return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

double binomial_mass(int64_t k, int64_t n, double p) {
  if (p <= 0) return k == 0 ? 1 : 0;
  if (p >= 1) return k == n ? 1 : 0;
  const auto kk = static_cast<double>(k);
  const auto nn = static_cast<double>(n);
  return std::exp(log_gamma(nn + 1) - log_gamma(kk + 1) - log_gamma(nn - kk + 1) +
                  kk * std::log(p) + (nn - kk) * std::log1p(-p));
}

/// P(X <= s + g) for X binomial with n - g trials of probability p, for g rising by one from call
/// to call: sums are carried on, with positive terms only.
class RisingCdf {
 public:
  RisingCdf(int64_t s, int64_t n, double p) : s_(s), n_(n), p_(p) {}

  double operator()(int64_t gained) {
    const int64_t k = s_ + gained;
    const int64_t trials = n_ - gained;
    if (k < 0) return 0;
    if (k >= trials || p_ >= 1) return k >= trials ? 1 : 0;
    if (known_) {
      // One trial less, then one success more.
      cdf_ += p_ * mass_ + mass_ * ratio(k - 1, trials);
      mass_ *= ratio(k - 1, trials);
    } else {
      known_ = true;
      cdf_ = binomial_cdf(k, trials, p_);
      mass_ = binomial_mass(k, trials, p_);
    }
    // From (k; trials) to (k; trials - 1), which the next step starts from.
    mass_ *= static_cast<double>(trials - k) / (static_cast<double>(trials) * (1 - p_));
    constexpr double kNearUnderflow = 1e-250;
    if (mass_ < kNearUnderflow) known_ = false;
    return std::min(1.0, cdf_);
  }

 private:
  /// Mass of k + 1 over mass of k.
  [[nodiscard]] double ratio(int64_t k, int64_t trials) const {
    return static_cast<double>(trials - k) / static_cast<double>(k + 1) * p_ / (1 - p_);
  }

  int64_t s_;
  int64_t n_;
  double p_;
  bool known_ = false;
  double cdf_ = 0;
  double mass_ = 0;  ///< of k with one trial less than the last call
};

/// Is P(lost - gained <= s) at most `level` for every p_gained in [low, high] with p_lost =
/// p_gained
/// + drop? The probability falls with p_lost and rises with p_gained, so the corner
/// (low + drop, high) bounds a whole cell; cells are halved until they say yes, or are too small.
bool all_below(int64_t s, int64_t n, double drop, double level, double low, double high,
               double smallest) {
  if (difference_cdf(s, n, low + drop, high) <= level) return true;
  if (high - low <= smallest) return false;
  const double middle = 0.5 * (low + high);
  // The upper half has the larger variance and fails first.
  return all_below(s, n, drop, level, middle, high, smallest) &&
         all_below(s, n, drop, level, low, middle, smallest);
}

}  // namespace

double binomial_cdf(int64_t k, int64_t n, double p) {
  if (k < 0) return 0;
  if (k >= n) return 1;
  return incomplete_beta(static_cast<double>(n - k), static_cast<double>(k + 1), 1 - p);
}

double difference_cdf(int64_t s, int64_t n, double p_lost, double p_gained) {
  if (p_gained >= 1) return 1;
  constexpr double kNegligible = 1e-16;
  const double odds = p_gained / (1 - p_gained);
  auto gained = std::min(n, static_cast<int64_t>(static_cast<double>(n + 1) * p_gained));
  double mass = binomial_mass(gained, n, p_gained);
  for (; gained > 0 && mass >= kNegligible; --gained) {
    mass *= static_cast<double>(gained) / (static_cast<double>(n - gained + 1) * odds);
  }
  const auto mode = static_cast<double>(n + 1) * p_gained;
  RisingCdf cdf(s, n, std::min(1.0, p_lost / (1 - p_gained)));
  double sum = 0;
  double mass_seen = 0;
  for (; gained <= n; ++gained) {
    mass_seen += mass;
    sum += mass * cdf(gained);
    if (mass<kNegligible&& static_cast<double>(gained)> mode) break;
    mass *= odds * static_cast<double>(n - gained) / static_cast<double>(gained + 1);
  }
  // What was left out counts as if it were within.
  return std::min(1.0, sum + std::max(0.0, 1 - mass_seen));
}

double clopper_pearson_upper(int64_t k, int64_t n, double alpha) {
  if (k >= n) return 1;
  double low = static_cast<double>(k) / static_cast<double>(n);
  double high = 1;
  constexpr int kHalvings = 60;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = 0.5 * (low + high);
    (binomial_cdf(k, n, middle) > alpha ? low : high) = middle;
  }
  return high;
}

double clopper_pearson_lower(int64_t k, int64_t n, double alpha) {
  return 1 - clopper_pearson_upper(n - k, n, alpha);
}

bool rules_out_drop(const AnswerChanges& changes, double drop, double delta) {
  if (changes.n < 1 || changes.drop() >= drop) return false;
  const double nuisance_level = kNuisanceShare * delta;
  const double most_changes =
      clopper_pearson_upper(changes.lost + changes.gained, changes.n, nuisance_level);
  // Fewer answers change than would have to be lost.
  if (most_changes < drop) return true;
  const double most_gained = 0.5 * (most_changes - drop);
  constexpr double kCells = 1024;
  return all_below(changes.lost - changes.gained, changes.n, drop, delta - nuisance_level, 0,
                   most_gained, most_gained / kCells);
}

double drop_upper_bound(const AnswerChanges& changes, double delta) {
  if (changes.n < 1) return 1;
  double low = std::max(0.0, changes.drop());
  double high = 1;
  constexpr double kPrecision = 1e-5;
  // Doubling steps first: the bound is near.
  for (double step = 1e-3; low + step < 1; step *= 2) {
    if (!rules_out_drop(changes, low + step, delta)) continue;
    high = low + step;
    break;
  }
  while (high - low > kPrecision) {
    const double middle = 0.5 * (low + high);
    (rules_out_drop(changes, middle, delta) ? high : low) = middle;
  }
  return high;
}

double drop_lower_bound(const AnswerChanges& changes, double delta) {
  // Both parts at half the level: simple, and only used to contradict a promise.
  const double lost = clopper_pearson_lower(changes.lost, changes.n, 0.5 * delta);
  return lost - clopper_pearson_upper(changes.gained, changes.n, 0.5 * delta);
}

std::optional<int64_t> samples_needed(double drop, double delta, const ChangeRates& rates,
                                      double luck, int64_t most) {
  if (rates.drop >= drop) return std::nullopt;
  const auto enough = [&](int64_t n) {
    const auto count = static_cast<double>(n);
    const double shown = rates.drop + luck * std::sqrt(rates.changed / count);
    if (shown >= drop) return false;
    const auto net = static_cast<int64_t>(std::ceil(shown * count));
    const auto changed = std::max<int64_t>(net, std::llround(rates.changed * count));
    return rules_out_drop({.n = n, .lost = (changed + net) / 2, .gained = (changed - net) / 2},
                          drop, delta);
  };
  int64_t high = 16;
  while (high < most && !enough(high)) high *= 2;
  if (high >= most && !enough(most)) return std::nullopt;
  high = std::min(high, most);
  int64_t low = high / 2;
  // Rounding makes this not quite monotone; the number is for a message.
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace fovea
