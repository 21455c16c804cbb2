// A small classifier with an exit behind each of its steps.
#pragma once

#include "fovea/graph.h"
#include "zoo/image_task.h"
#include "zoo/settings.h"

namespace fovea {

struct StairsConfig {
  std::string data = "cifar10";
  int64_t num_classes = 0;  ///< 0: as the data set has
  int64_t input_size = 0;   ///< 0: as the data set has
  int64_t width = 16;       ///< channels of the first step; doubles with each
  int64_t exits = 3;

  static constexpr auto settings() {
    return std::tuple{
        Setting{"data", &StairsConfig::data, "cifar10, cifar100 or ImageNet"},
        Setting{"num_classes", &StairsConfig::num_classes, "classes; 0: of the data set", {0, 1e6}},
        Setting{"input_size",
                &StairsConfig::input_size,
                "pixels a side; 0: of the data set",
                {0, 4096}},
        Setting{"width", &StairsConfig::width, "channels of the first step", {1, 1024}},
        Setting{"exits", &StairsConfig::exits, "steps, each with an exit", {1, 8}}};
  }
  [[nodiscard]] ImageTask task() const;
};

/// Tap: step.E, the map before exit E. Throws Error (kUsage) where the picture is too small.
Graph stairs(const StairsConfig& config, std::string_view name = "stairs");

}  // namespace fovea
