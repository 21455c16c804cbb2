// The way back: which steps run, who writes a gradient first, how long each is in use.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "fast_training/memory.h"
#include "fast_training/step.h"

namespace fovea::fast {

/// Made once; the layout must be final and outlive it, as must the steps. Gradients are set by
/// their first writer and added to by later ones, so that nothing is cleared beforehand unless
/// only some channels have a writer.
class BackwardPlan {
 public:
  BackwardPlan(const Graph& graph, const Layout& layout, const std::vector<ParamBuffer>& params,
               const std::vector<std::unique_ptr<Step>>& steps);
  /// By root.
  [[nodiscard]] const std::vector<Lifetime>& lifetimes() const { return lifetimes_; }
  /// logit_grads [n, classes] by exit; null: zeros.
  void run(const StepContext& context, std::span<const float* const> logit_grads) const;

 private:
  class Planner;
  /// Channels of a gradient that are cleared before a step.
  struct Clearing {
    size_t step = 0;
    ValueId id = -1;
    int64_t first = 0;
    int64_t count = 0;
  };
  void clear_before(size_t step, const StepContext& context, size_t& next) const;

  const Graph* graph_;
  const std::vector<std::unique_ptr<Step>>* steps_;
  std::vector<std::optional<Write>> exits_;
  std::vector<Clearing> clearings_;  ///< in the order of the way back
  std::vector<Lifetime> lifetimes_;
};

}  // namespace fovea::fast
