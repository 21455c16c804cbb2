// Activation that lets a share of negative values through.
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"

namespace fovea {

/// src -> same shape: x where x >= 0, slope·x elsewhere; NaN stays NaN.
struct LeakyRelu {
  double slope = 0.01;

  static constexpr auto fields() {
    return std::tuple{Field{"slope", &LeakyRelu::slope, "factor of negative values"}};
  }
  bool operator==(const LeakyRelu&) const = default;
};

const OpDef& op_leaky_relu();

}  // namespace fovea
