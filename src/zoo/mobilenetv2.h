// MobileNetV2: Inverted Residuals and Linear Bottlenecks (CVPR 2018, arXiv 1801.04381), with
// torchvision's key names and width rule.
#pragma once

#include <array>

#include "fovea/graph.h"
#include "zoo/image_task.h"
#include "zoo/settings.h"

namespace fovea {

/// Padding of the 3x3 convolutions of stride 2. With stride 1 both pad one pixel all round.
enum class MobilenetPadding : uint8_t {
  kSymmetric,  ///< one pixel all round, as torchvision
  kTfSame,     ///< TensorFlow's SAME: for even sizes none above and left, one below and right
};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<MobilenetPadding>{"symmetric",
                                                                              "tf_same"};

struct MobilenetV2Config {
  std::string data = "ImageNet";
  int64_t num_classes = 0;  ///< 0: as the data set has
  int64_t input_size = 0;   ///< 0: as the data set has
  double width = 1;         ///< multiplier of all channel counts
  MobilenetPadding padding = MobilenetPadding::kSymmetric;
  std::optional<int64_t> exits;

  static constexpr auto settings() {
    return std::tuple{
        Setting{"data", &MobilenetV2Config::data, "ImageNet"},
        Setting{"num_classes",
                &MobilenetV2Config::num_classes,
                "classes; 0: of the data set",
                {0, 1e6}},
        Setting{"input_size",
                &MobilenetV2Config::input_size,
                "pixels a side; 0: of the data set",
                {0, 4096}},
        Setting{"width", &MobilenetV2Config::width, "multiplier of all channel counts", {0.01, 16}},
        Setting{"padding", &MobilenetV2Config::padding,
                "of 3x3 convolutions of stride 2: symmetric, or tf_same for TensorFlow's weights"},
        Setting{"exits", &MobilenetV2Config::exits, "checked: 1"}};
  }
  /// With tf_same the pixels go to -1…1, as TensorFlow's weights expect.
  [[nodiscard]] ImageTask task() const;
};

/// Throws Error (kUsage) for another data set than ImageNet.
Graph mobilenetv2(const MobilenetV2Config& config, std::string_view name = "mobilenetv2");

}  // namespace fovea
