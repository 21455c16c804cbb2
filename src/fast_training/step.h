// One operator of a network that is trained: forward, backward, and what it needs for both.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "fast_training/gather.h"
#include "fast_training/layout.h"
#include "fovea/graph.h"

namespace fovea::fast {

/// A parameter's memory, which belongs to others.
struct ParamBuffer {
  float* value = nullptr;
  float* grad = nullptr;       ///< added to; null where it is not trained
  int64_t* counter = nullptr;  ///< ParamRole::kCounter
};

/// Whether a batch is trained on or only answered.
enum class Pass : uint8_t { kInference, kTraining };

/// Values of the batch that is worked on.
class Memory {
 public:
  virtual ~Memory() = default;
  [[nodiscard]] virtual Maps value(ValueId id) const = 0;
  [[nodiscard]] virtual Maps gradient(ValueId id) const = 0;
};

struct StepContext {
  Kernels kernels;
  Samples samples;
  const Memory& memory;
  Pass pass = Pass::kTraining;
  float* scratch = nullptr;
};

/// Answers, going from the last step to the first, what gradients are there already.
class BackwardPlanner {
 public:
  virtual ~BackwardPlanner() = default;
  /// Whether the value has a gradient that the step may read.
  virtual bool source(ValueId id) = 0;
  /// How the step is to write channels [first, first + count) of a gradient; nothing where nobody
  /// needs it. count -1: all.
  virtual std::optional<Write> target(ValueId id, int64_t first = 0, int64_t count = -1) = 0;
  /// As target() for a whole gradient that share_gradient() gave the memory of the step's source.
  virtual std::optional<Write> replacement(ValueId id) = 0;
};

class Step {
 public:
  virtual ~Step() = default;
  virtual void forward(const StepContext& context) = 0;
  /// Called once, in the order in which backward() will be.
  virtual void plan_backward(BackwardPlanner& planner) = 0;
  virtual void backward(const StepContext& context) = 0;
  [[nodiscard]] virtual int64_t scratch_floats(int64_t /*groups*/) const { return 0; }
};

/// What steps are made from.
struct StepMaker {
  const Graph& graph;
  const Node& node;
  Layout& layout;
  const std::vector<ParamBuffer>& params;
  int lanes = 1;

  [[nodiscard]] const Extents& in(size_t i = 0) const { return layout.extents(node.inputs[i]); }
  [[nodiscard]] const Extents& out() const { return layout.extents(node.outputs[0]); }
  [[nodiscard]] const ParamBuffer& param(size_t slot) const {
    return params[static_cast<size_t>(node.params[slot])];
  }
};

/// conv2d and linear.
[[nodiscard]] std::unique_ptr<Step> make_conv_step(const StepMaker& maker);
/// batch_norm with the activation behind it; `result` is the activation's value.
[[nodiscard]] std::unique_ptr<Step> make_norm_step(const StepMaker& maker, Curve curve,
                                                   ValueId result);
[[nodiscard]] std::unique_ptr<Step> make_curve_step(const StepMaker& maker, Curve curve);
[[nodiscard]] std::unique_ptr<Step> make_add_step(const StepMaker& maker);
[[nodiscard]] std::unique_ptr<Step> make_concat_step(const StepMaker& maker);
/// slice of channels, and flatten.
[[nodiscard]] std::unique_ptr<Step> make_part_step(const StepMaker& maker);
/// resize, avg_pool2d, mean_hw.
[[nodiscard]] std::unique_ptr<Step> make_linear_map_step(const StepMaker& maker);
[[nodiscard]] std::unique_ptr<Step> make_maximum_step(const StepMaker& maker);

}  // namespace fovea::fast
