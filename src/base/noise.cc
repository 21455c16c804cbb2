#include "base/noise.h"

#include <cmath>
#include <numbers>

namespace fovea {

double Noise::normal(uint64_t t) const {
  const double u = 1.0 - uniform(2 * t);  // in (0,1]: the logarithm is finite
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform(2 * t + 1));
}

}  // namespace fovea
