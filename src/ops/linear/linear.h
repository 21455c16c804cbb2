// Fully connected layer.
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"
#include "ops/conv2d/conv2d.h"

namespace fovea {

/// src [I], weight [features, I], bias [features] -> [features] = weight·src + bias.
struct Linear {
  int64_t features = 1;
  Bias bias = Bias::kPresent;
  Init bias_init = Init::kUniformFanIn;

  static constexpr auto fields() {
    return std::tuple{Field{"features", &Linear::features, "length of the result"},
                      Field{"bias", &Linear::bias, "whether a bias is added"},
                      Field{"bias_init", &Linear::bias_init, "how the bias starts"}};
  }
  bool operator==(const Linear&) const = default;
};

const OpDef& op_linear();

}  // namespace fovea
