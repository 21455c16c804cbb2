// The slow-down attack: pictures changed a little so that no exit is confident.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <vector>

#include "data/core/picture.h"
#include "data/core/transform.h"
#include "fovea/graph.h"
#include "learner/interpreter.h"

namespace fovea {

/// Projected gradient descent within a box around each picture.
struct SlowdownSettings {
  int epsilon = 8;    ///< no value changes by more, of 255; at least 1
  int steps = 20;     ///< at least 1
  int step_size = 0;  ///< change of a value in a step; 0: 2.5 · epsilon / steps, at least 1
};

/// Changes pictures so that samples leave late. In each step every value goes one step size along
/// the sign of the gradient of the mean cross-entropy between an exit's softmax and the uniform
/// distribution, summed over all exits but the last; then back into the box and 0..255. Steps are
/// whole numbers, so that every iterate is a picture of 8 bits. Of a picture's iterates, itself
/// included, the one of the least loss is kept. There is no random start: the same picture, batch
/// and threads give the same result.
///
/// The loss is DeepSloth's (arXiv 2010.02432): unlike that of the confidence itself, its gradient
/// does not vanish where an exit is sure. Not thread-safe.
class SlowdownAttack {
 public:
  /// Throws Error: kUsage for settings out of range, a network with a single exit, several inputs
  /// or one that takes no square pictures; kBadInput where a parameter is missing or differs.
  SlowdownAttack(const Graph& graph, const NamedTensors& params, const Normalisation& normalisation,
                 const SlowdownSettings& settings);
  SlowdownAttack(const SlowdownAttack&) = delete;
  SlowdownAttack& operator=(const SlowdownAttack&) = delete;

  /// Pictures of exactly the network's input size, at least one.
  [[nodiscard]] std::vector<Picture> run(std::span<const Picture> pictures) const;

 private:
  /// Loss of every picture [N], and where `gradient` is given the loss's gradient there.
  [[nodiscard]] at::Tensor losses(const at::Tensor& values, at::Tensor* gradient) const;

  std::unique_ptr<const Graph> graph_;
  std::vector<at::Tensor> params_;
  std::unique_ptr<Interpreter> interpreter_;
  std::vector<char> needed_;  ///< by node of the main block
  at::Tensor mean_;           ///< [1,3,1,1], of values 0..255
  at::Tensor deviation_;      ///< likewise
  SlowdownSettings settings_;
  int64_t side_ = 0;
};

}  // namespace fovea
