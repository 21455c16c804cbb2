// Windows over maps: max_pool2d, avg_pool2d, and the mean over the whole map.
#pragma once

#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"

namespace fovea {

/// src [C,H,W] -> [C,Ho,Wo], Ho = floor((H + 2·pad − kernel)/stride) + 1. Maximum: padding never
/// wins. Average: the divisor is kernel.h·kernel.w, padding counts as zeros.
struct Pool2d {
  Extent2 kernel{2, 2};
  Extent2 stride{2, 2};
  Extent2 pad{0, 0};

  static constexpr auto fields() {
    return std::tuple{Field{"kernel", &Pool2d::kernel, "window"},
                      Field{"stride", &Pool2d::stride, "step of the window"},
                      Field{"pad", &Pool2d::pad, "rows and columns added on both sides"}};
  }
  bool operator==(const Pool2d&) const = default;
};

const OpDef& op_max_pool2d();
const OpDef& op_avg_pool2d();
/// src [C,H,W] -> [C].
const OpDef& op_mean_hw();

}  // namespace fovea
