#include <cmath>

#include "fast_training/step.h"
#include "graph/op_def.h"
#include "ops/batch_norm/batch_norm.h"

namespace fovea::fast {
namespace {

/// batch_norm and the activation behind it. The gradient's sums see through the activation by
/// computing its argument again, so the normalised value is never stored.
class NormStep final : public Step {
 public:
  NormStep(const StepMaker& maker, Curve curve, ValueId result)
      : view_(maker.node, maker.graph.main(), maker.graph.params()),
        attributes_(maker.node.attributes->as<BatchNorm>()),
        curve_(curve),
        src_(maker.node.inputs[0]),
        dst_(result),
        weight_(maker.param(0)),
        bias_(maker.param(1)),
        running_mean_(maker.param(2).value),
        running_var_(maker.param(3).value),
        counter_(maker.param(4).counter),
        in_place_(maker.layout.share_gradient(src_, dst_)),
        channels_(static_cast<size_t>(maker.in().c)) {}

  void forward(const StepContext& context) override {
    const Maps src = context.memory.value(src_);
    const Maps dst = context.memory.value(dst_);
    const bool training = context.pass == Pass::kTraining;
    const auto n = static_cast<double>(context.samples.n * src.h * src.w);
    // The unbiased variance of one value does not exist.
    require(!training || n > 1, view_, "training normalises over more than one value a channel",
            "a batch of at least 2", std::to_string(context.samples.n));
    for (int64_t c = 0; c < src.c; ++c) {
      Channel& channel = channels_[static_cast<size_t>(c)];
      NormJob job = job_of(context, src, c);
      job.dst = dst.data + c * dst.plane;
      job.dst_group = dst.group;
      double mean = running_mean_[c];
      double variance = running_var_[c];
      if (training) {
        mean = context.kernels.maps.mean(job);
        job.mean = static_cast<float>(mean);
        variance = context.kernels.maps.variance(job);
        blend(running_mean_[c], mean);
        blend(running_var_[c], variance * n / (n - 1));
      }
      const double inverse = 1.0 / std::sqrt(variance + attributes_.eps);
      const double scale = inverse * weight_.value[c];
      channel = {.mean = static_cast<float>(mean),
                 .inverse = inverse,
                 .scale = static_cast<float>(scale),
                 .shift = static_cast<float>(bias_.value[c] - mean * scale)};
      job.scale = channel.scale;
      job.shift = channel.shift;
      context.kernels.maps.normalise(job);
    }
    if (training && counter_ != nullptr) *counter_ += 1;
  }

  void plan_backward(BackwardPlanner& planner) override {
    active_ = planner.source(dst_);
    if (!active_) return;
    write_ = in_place_ ? planner.replacement(src_) : planner.target(src_);
  }

  void backward(const StepContext& context) override {
    if (!active_) return;
    const Maps src = context.memory.value(src_);
    const Maps dy = context.memory.gradient(dst_);
    const auto n = static_cast<double>(context.samples.n * src.h * src.w);
    for (int64_t c = 0; c < src.c; ++c) {
      const Channel& channel = channels_[static_cast<size_t>(c)];
      NormJob job = job_of(context, src, c);
      job.dy = dy.data + c * dy.plane;
      job.dy_group = dy.group;
      job.mean = channel.mean;
      job.scale = channel.scale;
      job.shift = channel.shift;
      const NormSums sums = context.kernels.maps.norm_sums(job);
      if (bias_.grad != nullptr) bias_.grad[c] += static_cast<float>(sums.plain);
      if (weight_.grad != nullptr) {
        weight_.grad[c] += static_cast<float>(sums.weighted * channel.inverse);
      }
      if (!write_) continue;
      const Maps dx = context.memory.gradient(src_);
      const double scale = channel.scale;
      job.slope =
          static_cast<float>(-scale * channel.inverse * channel.inverse * sums.weighted / n);
      job.offset = static_cast<float>(-scale * sums.plain / n);
      job.dst = dx.data + c * dx.plane;
      job.dst_group = dx.group;
      job.write = *write_;
      context.kernels.maps.norm_gradient(job);
    }
  }

 private:
  struct Channel {
    float mean = 0;
    double inverse = 1;  ///< 1/sqrt(variance + eps)
    float scale = 1;
    float shift = 0;
  };
  [[nodiscard]] NormJob job_of(const StepContext& context, const Maps& src, int64_t c) const {
    return {.src = src.data + c * src.plane,
            .src_group = src.group,
            .vectors = src.h * src.w,
            .samples = context.samples,
            .curve = curve_};
  }
  void blend(float& running, double batch) const {
    running =
        static_cast<float>((1 - attributes_.momentum) * running + attributes_.momentum * batch);
  }

  NodeView view_;
  BatchNorm attributes_;
  Curve curve_;
  ValueId src_;
  ValueId dst_;
  ParamBuffer weight_;
  ParamBuffer bias_;
  float* running_mean_;
  float* running_var_;
  int64_t* counter_;
  bool in_place_;
  std::vector<Channel> channels_;
  bool active_ = false;
  std::optional<Write> write_;
};

}  // namespace

std::unique_ptr<Step> make_norm_step(const StepMaker& maker, Curve curve, ValueId result) {
  return std::make_unique<NormStep>(maker, curve, result);
}

}  // namespace fovea::fast
