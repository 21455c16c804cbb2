// fovea data make slowdown: pictures that a network's early exits cannot make up their mind about.
#pragma once

#include "app/verb.h"

namespace fovea::app {

[[nodiscard]] OptionSpecs slowdown_options();
int make_slowdown(Context& context, const Arguments& arguments);

}  // namespace fovea::app
