#include <algorithm>

#include "fast_training/step.h"
#include "fast_training/weight_pass.h"
#include "ops/conv2d/conv2d.h"
#include "ops/linear/linear.h"

namespace fovea::fast {
namespace {

/// The convolution of one group of channels.
ConvShape shape_of(const StepMaker& maker) {
  const Extents& in = maker.in();
  const Extents& out = maker.out();
  ConvShape shape{.ic = in.c, .oc = out.c, .h = in.h, .w = in.w, .oh = out.h, .ow = out.w};
  if (maker.node.op->name == "linear") return shape;
  const auto& a = maker.node.attributes->as<Conv2d>();
  shape.ic = in.c / a.groups;
  shape.oc = out.c / a.groups;
  shape.kh = a.kernel.h;
  shape.kw = a.kernel.w;
  shape.stride_h = a.stride.h;
  shape.stride_w = a.stride.w;
  shape.dilation_h = a.dilation.h;
  shape.dilation_w = a.dilation.w;
  shape.top = a.pad.top;
  shape.left = a.pad.left;
  return shape;
}

class ConvStep final : public Step {
 public:
  explicit ConvStep(const StepMaker& maker)
      : shape_(shape_of(maker)),
        n_groups_(maker.in().c / shape_.ic),
        src_(maker.node.inputs[0]),
        dst_(maker.node.outputs[0]),
        weight_(maker.param(0)),
        weight_pass_(shape_, maker.lanes) {
    if (maker.node.params.size() > 1) bias_ = maker.param(1);
    for (int64_t i = 0; i < n_groups_; ++i) {
      forward_.push_back(Gather::forward(shape_, maker.lanes));
      backward_.push_back(Gather::backward(shape_, maker.lanes));
    }
  }

  void forward(const StepContext& context) override {
    const Maps src = context.memory.value(src_);
    const Maps dst = context.memory.value(dst_);
    for (int64_t i = 0; i < n_groups_; ++i) {
      Gather& gather = forward_[static_cast<size_t>(i)];
      gather.set_weights(context.kernels, weight_.value + i * weights_of_group());
      const float* bias = bias_.value == nullptr ? nullptr : bias_.value + i * shape_.oc;
      gather.run(context.kernels, part(src, i, shape_.ic), part(dst, i, shape_.oc), bias,
                 Write::kSet, context.samples.groups, context.scratch);
    }
  }

  void plan_backward(BackwardPlanner& planner) override {
    active_ = planner.source(dst_);
    if (active_) write_ = planner.target(src_);
  }

  void backward(const StepContext& context) override {
    if (!active_) return;
    const Maps dy = context.memory.gradient(dst_);
    const int64_t groups = context.samples.groups;
    for (int64_t i = 0; i < n_groups_; ++i) {
      const Maps dy_part = part(dy, i, shape_.oc);
      if (weight_.grad != nullptr) {
        const Maps src = part(context.memory.value(src_), i, shape_.ic);
        weight_pass_.run(context.kernels, src, dy_part, groups,
                         weight_.grad + i * weights_of_group(), context.scratch);
      }
      if (bias_.grad != nullptr) add_bias_gradient(context, dy_part, bias_.grad + i * shape_.oc);
      if (!write_) continue;
      Gather& gather = backward_[static_cast<size_t>(i)];
      gather.set_weights(context.kernels, weight_.value + i * weights_of_group());
      gather.run(context.kernels, dy_part, part(context.memory.gradient(src_), i, shape_.ic),
                 nullptr, *write_, groups, context.scratch);
    }
  }

  [[nodiscard]] int64_t scratch_floats(int64_t groups) const override {
    return std::max({forward_[0].scratch_floats(), backward_[0].scratch_floats(),
                     weight_pass_.scratch_floats(groups)});
  }

 private:
  [[nodiscard]] int64_t weights_of_group() const {
    return shape_.oc * shape_.ic * shape_.kh * shape_.kw;
  }
  static Maps part(Maps maps, int64_t i, int64_t channels) {
    maps.data += i * channels * maps.plane;
    maps.c = channels;
    return maps;
  }
  static void add_bias_gradient(const StepContext& context, const Maps& dy, float* grad) {
    const int64_t pixels = dy.h * dy.w;
    for (int64_t c = 0; c < dy.c; ++c) {
      const double mean = context.kernels.maps.mean({.src = dy.data + c * dy.plane,
                                                     .src_group = dy.group,
                                                     .vectors = pixels,
                                                     .samples = context.samples});
      grad[c] += static_cast<float>(mean * static_cast<double>(pixels * context.samples.n));
    }
  }

  ConvShape shape_;
  int64_t n_groups_;
  ValueId src_;
  ValueId dst_;
  ParamBuffer weight_;
  ParamBuffer bias_;
  std::vector<Gather> forward_;  ///< by group of channels
  std::vector<Gather> backward_;
  WeightPass weight_pass_;
  bool active_ = false;
  std::optional<Write> write_;
};

}  // namespace

std::unique_ptr<Step> make_conv_step(const StepMaker& maker) {
  return std::make_unique<ConvStep>(maker);
}

}  // namespace fovea::fast
