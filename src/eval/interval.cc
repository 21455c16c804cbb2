#include "eval/interval.h"

#include <algorithm>
#include <cmath>

#include "fovea/error.h"

namespace fovea {

Interval wilson(int64_t part, int64_t whole, double z) {
  FOVEA_CHECK(0 <= part && part <= whole);
  if (whole == 0) return {};
  const auto n = static_cast<double>(whole);
  const double share = static_cast<double>(part) / n;
  const double shrink = 1 + z * z / n;
  const double middle = (share + z * z / (2 * n)) / shrink;
  const double half = z / shrink * std::sqrt(share * (1 - share) / n + z * z / (4 * n * n));
  // The ends are exact where nothing or everything is counted; rounding must not pass them.
  return {.low = part == 0 ? 0 : std::max(0.0, middle - half),
          .high = part == whole ? 1 : std::min(1.0, middle + half)};
}

PairedDifference paired_difference(int64_t n, int64_t only_a, int64_t only_b) {
  FOVEA_CHECK(n >= 0 && only_a >= 0 && only_b >= 0 && only_a + only_b <= n);
  PairedDifference out{.n = n, .only_a = only_a, .only_b = only_b};
  if (n == 0) return out;
  const auto whole = static_cast<double>(n);
  const auto a = static_cast<double>(only_a);
  const auto b = static_cast<double>(only_b);
  out.difference = (b - a) / whole;
  const double variance = (a + b) / whole - out.difference * out.difference;
  out.half_width = kZ95 * std::sqrt(std::max(0.0, variance) / whole);
  // Binomial tail at 1/2 in logarithms: sums of many terms do not overflow.
  const int64_t trials = only_a + only_b;
  const int64_t fewer = std::min(only_a, only_b);
  const auto log_choose = [trials](int64_t k) {
    return std::lgamma(static_cast<double>(trials) + 1) - std::lgamma(static_cast<double>(k) + 1) -
           std::lgamma(static_cast<double>(trials - k) + 1);
  };
  double tail = 0;
  for (int64_t k = 0; k <= fewer; ++k) {
    tail += std::exp(log_choose(k) - static_cast<double>(trials) * std::log(2.0));
  }
  out.p = std::min(1.0, 2 * tail);
  return out;
}

}  // namespace fovea
