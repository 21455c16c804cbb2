// The curves of `eval --svg`.
#pragma once

#include <string>
#include <string_view>

#include "eval/study.h"

namespace fovea::report {

/// A drawing (SVG, alone in its file) of accuracy over multiply-adds: the anytime steps, the
/// budgeted policies as they were run (else as judged), the oracle, a coin with the policies'
/// shares, the exits alone, each baseline by its name, and the options' policy.
[[nodiscard]] std::string study_svg(const Study& study, std::string_view title);

}  // namespace fovea::report
