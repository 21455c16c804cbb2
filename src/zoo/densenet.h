// DenseNet-BC: Densely Connected Convolutional Networks (CVPR 2017, arXiv 1608.06993), with
// torchvision's key names. CIFAR: three dense blocks behind a 3x3; ImageNet: torchvision's stem.
#pragma once

#include "fovea/graph.h"
#include "zoo/image_task.h"
#include "zoo/settings.h"

namespace fovea {

struct DensenetConfig {
  std::string data = "cifar10";
  int64_t num_classes = 0;                  ///< 0: as the data set has
  int64_t input_size = 0;                   ///< 0: as the data set has
  std::vector<int64_t> blocks{16, 16, 16};  ///< layers of each dense block
  int64_t growth_rate = 12;
  int64_t n_channels = 0;  ///< channels of the stem; 0: twice the growth rate
  int64_t bn_factor = 4;   ///< a layer's 1x1 has growthRate times this many channels
  double reduction = 0.5;  ///< share of channels that a transition keeps
  std::optional<int64_t> exits;

  static constexpr auto settings() {
    return std::tuple{
        Setting{"data", &DensenetConfig::data, "cifar10, cifar100 or ImageNet"},
        Setting{
            "num_classes", &DensenetConfig::num_classes, "classes; 0: of the data set", {0, 1e6}},
        Setting{"input_size",
                &DensenetConfig::input_size,
                "pixels a side; 0: of the data set",
                {0, 4096}},
        Setting{"blocks", &DensenetConfig::blocks, "layers of each dense block", {1, 256}},
        Setting{
            "growthRate", &DensenetConfig::growth_rate, "channels that a layer adds", {1, 4096}},
        Setting{"nChannels",
                &DensenetConfig::n_channels,
                "channels of the stem; 0: twice growthRate",
                {0, 4096}},
        Setting{"bnFactor", &DensenetConfig::bn_factor, "bottleneck factor", {1, 64}},
        Setting{"reduction",
                &DensenetConfig::reduction,
                "share of channels that transitions keep",
                {1e-6, 1}},
        Setting{"exits", &DensenetConfig::exits, "checked: 1"}};
  }
  [[nodiscard]] ImageTask task() const;
};

/// Throws Error (kUsage) for impossible configurations.
Graph densenet(const DensenetConfig& config, std::string_view name = "densenet");

}  // namespace fovea
