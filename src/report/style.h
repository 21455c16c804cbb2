// How reports look: one style sheet for page and drawings, light, dark and on paper.
#pragma once

#include <string>
#include <string_view>

namespace fovea::report {

/// Class of an exit's colour, "x0" for the first of `n_exits` to "x8" for the last.
[[nodiscard]] std::string exit_class(int exit, int n_exits);

/// The variables of both colour schemes and the rules for drawings.
[[nodiscard]] std::string drawing_style();
/// The rules for the page around them.
[[nodiscard]] std::string page_style();

/// A drawing that stands alone: the style inside with its colours written out, a background behind.
[[nodiscard]] std::string standing_alone(std::string_view svg);

}  // namespace fovea::report
