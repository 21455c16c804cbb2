// 2-D convolution with groups, stride, dilation and one padding a side.
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"

namespace fovea {

enum class Bias : uint8_t { kNone, kPresent };
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<Bias>{"none", "present"};

/// src [C,H,W], weight [channels, C/groups, kh, kw], bias [channels] -> [channels, Ho, Wo];
/// Ho = floor((H + top + bottom − dilation·(kh−1) − 1)/stride) + 1. Zeros outside.
struct Conv2d {
  int64_t channels = 1;
  Extent2 kernel{1, 1};
  Extent2 stride{1, 1};
  Extent2 dilation{1, 1};
  Padding pad{};
  int64_t groups = 1;
  Bias bias = Bias::kNone;
  Init init = Init::kUniformFanIn;

  static constexpr auto fields() {
    return std::tuple{Field{"channels", &Conv2d::channels, "output channels"},
                      Field{"kernel", &Conv2d::kernel, "window"},
                      Field{"stride", &Conv2d::stride, "step of the window"},
                      Field{"dilation", &Conv2d::dilation, "distance of neighbouring taps"},
                      Field{"pad", &Conv2d::pad, "zeros around the map"},
                      Field{"groups", &Conv2d::groups, "independent groups of channels"},
                      Field{"bias", &Conv2d::bias, "whether a bias is added"},
                      Field{"init", &Conv2d::init, "how the weight starts"}};
  }
  bool operator==(const Conv2d&) const = default;
};

const OpDef& op_conv2d();

}  // namespace fovea
