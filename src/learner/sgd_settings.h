// Settings of stochastic gradient descent.
#pragma once

#include <cstdint>

namespace fovea {

enum class Nesterov : uint8_t { kNo, kYes };

/// d = grad + weight_decay·p; buffer = d at the first step, later momentum·buffer +
/// (1 − dampening)·d; p −= rate·buffer, or with Nesterov p −= rate·(d + momentum·buffer)
/// (specs/ranet.md 7.1). Weight decay holds for all parameters.
struct SgdSettings {
  double momentum = 0.9;
  double weight_decay = 1e-4;
  double dampening = 0;
  Nesterov nesterov = Nesterov::kNo;
};

}  // namespace fovea
