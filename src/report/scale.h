// From values to places in a drawing: ranges, ticks and their texts.
#pragma once

#include <string>
#include <vector>

namespace fovea::report {

/// Values low..high drawn from place `from` to place `to`.
struct Scale {
  double low = 0;
  double high = 1;
  double from = 0;
  double to = 1;
  bool log = false;  ///< low and high are then above 0
  [[nodiscard]] double place(double value) const;
};

/// Ends at round numbers around low..high, of about `n` steps; also where low == high.
[[nodiscard]] Scale rounded_range(double low, double high, int n = 5);
/// The same for a logarithmic scale; low > 0.
[[nodiscard]] Scale rounded_log_range(double low, double high);

/// Round values inside the range: steps of 1, 2, 2.5 or 5 times a power of ten, about `n` of them;
/// on a logarithmic scale 1, 2, 5 (or powers of ten alone where these are many).
[[nodiscard]] std::vector<double> ticks(const Scale& scale, int n = 5);

/// Texts of ticks, all with the same number of digits: "0.25", "0.50".
[[nodiscard]] std::vector<std::string> tick_labels(const std::vector<double>& ticks, bool log);

}  // namespace fovea::report
