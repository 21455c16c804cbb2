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
  double distillation = 0.5;  ///< share of the last exit's answer in the loss of the others
  double temperature = 3;     ///< at which answers are compared in distillation
};

/// The kinds that exist; `make_objective` makes them.
inline const std::vector<std::string>& objective_names() {
  static const std::vector<std::string> names{"boosted", "distillation", "multi_exit"};
  return names;
}

}  // namespace fovea
