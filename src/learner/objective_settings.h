// Settings of objectives, without LibTorch.
#pragma once

#include <string>
#include <vector>

namespace fovea {

/// Settings of an objective as a recipe gives them.
struct ObjectiveSettings {
  std::string kind = "multi_exit";
  std::vector<double> exit_weights;  ///< empty: all 1
  double label_smoothing = 0;
};

}  // namespace fovea
