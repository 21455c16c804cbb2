// Numbers and names as a report writes them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fovea::report {

/// Text for HTML and XML, attributes included; bytes that are no UTF-8 become \xNN.
[[nodiscard]] std::string escaped(std::string_view text);
/// The same of a text of several lines.
[[nodiscard]] std::string escaped_lines(std::string_view text);
/// "12.34" with that many digits behind the point.
[[nodiscard]] std::string fixed(double value, int digits);
/// "+0.24" or "−0.24", with a minus sign of a plus sign's width.
[[nodiscard]] std::string with_sign(double value, int digits);
/// As short as six significant digits allow: "0.5", "12", "1e-05".
[[nodiscard]] std::string shortest(double value);
/// "15.7 M": three significant digits and k, M, G.
[[nodiscard]] std::string counted(double value);
/// "10,000".
[[nodiscard]] std::string grouped(int64_t count);
/// A field of a CSV file, quoted where it must be.
[[nodiscard]] std::string csv_field(std::string_view text);
/// Width that a text takes in a drawing, in units of its font size; as wide as usual fonts get.
[[nodiscard]] double text_width(std::string_view text);

}  // namespace fovea::report
