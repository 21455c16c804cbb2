// ResNet: Deep Residual Learning for Image Recognition (CVPR 2016, arXiv 1512.03385).
//
// ImageNet: torchvision's variant and key names (in bottlenecks the stride is on the 3x3). CIFAR:
// the paper's 6n+2 layers of 16, 32, 64 channels under the same names; where the shape changes the
// shortcut is a 1x1 convolution with normalisation (the paper's option B) as on ImageNet, so a
// network has slightly more weights than with the paper's zero padding (option A).
#pragma once

#include "fovea/graph.h"
#include "zoo/image_task.h"
#include "zoo/settings.h"

namespace fovea {

struct ResnetConfig {
  std::string data = "ImageNet";
  int64_t num_classes = 0;  ///< 0: as the data set has
  int64_t input_size = 0;   ///< 0: as the data set has
  int64_t depth = 0;        ///< 0: 50 for ImageNet, 20 for CIFAR
  std::optional<int64_t> exits;

  static constexpr auto settings() {
    return std::tuple{
        Setting{"data", &ResnetConfig::data, "cifar10, cifar100 or ImageNet"},
        Setting{"num_classes", &ResnetConfig::num_classes, "classes; 0: of the data set", {0, 1e6}},
        Setting{"input_size",
                &ResnetConfig::input_size,
                "pixels a side; 0: of the data set",
                {0, 4096}},
        Setting{"depth",
                &ResnetConfig::depth,
                "ImageNet: 18, 34, 50, 101, 152; CIFAR: 20, 32, … (6n+2); 0: 50 or 20",
                {0, 1202}},
        Setting{"exits", &ResnetConfig::exits, "checked: 1"}};
  }
  [[nodiscard]] ImageTask task() const;
};

/// Throws Error (kUsage) for a depth that the family does not have.
Graph resnet(const ResnetConfig& config, std::string_view name = "resnet");

}  // namespace fovea
