// The smallest RANet that trains: three scales, one exit each. Recipes of tests begin with it.
#pragma once

#include <string>

namespace fovea {

/// [network] and [network.set] of a recipe.
inline std::string tiny_ranet(int channels) {
  return R"(
[network]
name = "ranet"
[network.set]
scale_list = "1-2-3"
nBlocks = 1
block_step = 1
step = 1
nChannels = )" +
         std::to_string(channels) + R"(
growthRate = 4
cls_hidden = 8
)";
}

}  // namespace fovea
