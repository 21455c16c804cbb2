#include "report/scale.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "fovea/error.h"
#include "report/text.h"

namespace fovea::report {
namespace {

/// A round step of which about n fill `span`.
double round_step(double span, int n) {
  const double rough = span / std::max(1, n);
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (rough <= step * power * (1 + 1e-9)) return step * power;
  }
  return 10 * power;
}

/// "20 k": the unit of thousands with the digits that a round number has.
std::string in_units(double value) {
  constexpr std::pair<double, std::string_view> kUnits[] = {
      {1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
  for (const auto& [unit, name] : kUnits) {
    if (std::abs(value) >= unit) return shortest(value / unit) + std::string(name);
  }
  return shortest(value);
}

}  // namespace

double Scale::place(double value) const {
  const double share = log ? (std::log(value) - std::log(low)) / (std::log(high) - std::log(low))
                           : (value - low) / (high - low);
  return from + share * (to - from);
}

Scale rounded_range(double low, double high, int n) {
  FOVEA_CHECK(std::isfinite(low) && std::isfinite(high) && low <= high);
  if (low == high) {
    const double around = low == 0 ? 1 : std::abs(low) * 0.1;
    low -= around;
    high += around;
  }
  // A range that grew may have a larger step; it then grows again. Steps only rise, so this ends.
  Scale out;
  double step = 0;
  for (double next = round_step(high - low, n); next > step;) {
    step = next;
    out.low = std::floor(low / step + 1e-9) * step;
    out.high = std::ceil(high / step - 1e-9) * step;
    next = round_step(out.high - out.low, n);
  }
  return out;
}

Scale rounded_log_range(double low, double high) {
  FOVEA_CHECK(low > 0 && std::isfinite(high) && low <= high);
  const auto nice = [](double value, bool up) {
    const double power = std::pow(10.0, std::floor(std::log10(value) + 1e-12));
    const double digit = value / power;
    if (up) {
      for (const double d : {1.0, 2.0, 5.0}) {
        if (digit <= d * (1 + 1e-9)) return d * power;
      }
      return 10 * power;
    }
    for (const double d : {5.0, 2.0}) {
      if (digit >= d * (1 - 1e-9)) return d * power;
    }
    return power;
  };
  Scale out{.low = nice(low, false), .high = nice(high, true), .log = true};
  if (out.low == out.high) out.high *= 2;
  return out;
}

std::vector<double> ticks(const Scale& scale, int n) {
  std::vector<double> out;
  if (!scale.log) {
    const double step = round_step(scale.high - scale.low, n);
    const double slack = step * 1e-6;
    for (double k = std::ceil((scale.low - slack) / step); k * step <= scale.high + slack; ++k) {
      out.push_back(k == 0 ? 0 : k * step);
    }
    return out;
  }
  const int first = static_cast<int>(std::floor(std::log10(scale.low) + 1e-9));
  const int last = static_cast<int>(std::ceil(std::log10(scale.high) - 1e-9));
  const bool many = last - first > 3;
  for (int power = first; power <= last; ++power) {
    for (const double digit : {1.0, 2.0, 5.0}) {
      if (many && digit != 1) continue;
      const double value = digit * std::pow(10.0, power);
      if (value >= scale.low * (1 - 1e-9) && value <= scale.high * (1 + 1e-9)) out.push_back(value);
    }
  }
  return out;
}

std::vector<std::string> tick_labels(const std::vector<double>& ticks, bool log) {
  std::vector<std::string> out;
  if (log) {
    for (const double tick : ticks) out.push_back(shortest(tick));
    return out;
  }
  int digits = 0;
  const auto exact = [&](double tick) {
    const double scaled = tick * std::pow(10.0, digits);
    return std::abs(scaled - std::round(scaled)) < 1e-6 * std::max(1.0, std::abs(scaled));
  };
  while (digits < 9 && !std::all_of(ticks.begin(), ticks.end(), exact)) ++digits;
  for (const double tick : ticks) {
    // Long counts are told in thousands: 20 k is easier to read than 20000.
    out.push_back(digits == 0 && std::abs(tick) >= 1e4 ? in_units(tick) : fixed(tick, digits));
  }
  return out;
}

}  // namespace fovea::report
