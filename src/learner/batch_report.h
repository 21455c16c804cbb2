// What one step of training measured; free of LibTorch.
#pragma once

#include <cstdint>
#include <vector>

namespace fovea {

/// What a step measured, before the update.
struct BatchReport {
  int64_t samples = 0;
  double loss = 0;
  std::vector<double> loss_per_exit;
  std::vector<double> correct_per_exit;
};

}  // namespace fovea
