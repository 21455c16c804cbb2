// Numbers, names and colours of a drawing as SVG writes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fovea::drawing {

/// At most one digit behind the point.
std::string number(double value);
/// "15.7 M": three digits and a unit.
std::string short_count(int64_t count);
/// Text for XML; control characters become blanks, for XML cannot hold them.
std::string escaped(std::string_view text);
/// Cut to a number of letters (not bytes), so that text stays inside its place.
std::string clipped(std::string_view text, size_t letters);
/// From green for the first exit to red for the last.
std::string exit_colour(int exit, size_t n_exits);
/// 0 for the first row, 1 for the last.
double row_share(size_t row, size_t n_rows);
/// Finer rows are darker.
std::string row_colour(size_t row, size_t n_rows);
/// Does a text in the small size stand inside a box?
bool fits(std::string_view text, double width);

}  // namespace fovea::drawing
