// Steps that copy or combine values element by element.
#include "fast_training/step.h"
#include "graph/op_def.h"
#include "ops/slice/slice.h"

namespace fovea::fast {
namespace {

/// Floats of `channels` planes and their gaps.
int64_t floats(const Maps& maps, int64_t channels) { return channels * maps.plane; }

class CurveStep final : public Step {
 public:
  CurveStep(const StepMaker& maker, Curve curve)
      : curve_(curve),
        src_(maker.node.inputs[0]),
        dst_(maker.node.outputs[0]),
        in_place_(maker.layout.share_gradient(src_, dst_)) {}

  void forward(const StepContext& context) override {
    const Maps src = context.memory.value(src_);
    const Maps dst = context.memory.value(dst_);
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      context.kernels.maps.curve(curve_, src.data + g * src.group, dst.data + g * dst.group,
                                 floats(src, src.c));
    }
  }
  void plan_backward(BackwardPlanner& planner) override {
    if (!planner.source(dst_)) return;
    write_ = in_place_ ? planner.replacement(src_) : planner.target(src_);
  }
  void backward(const StepContext& context) override {
    if (!write_) return;
    const Maps result = context.memory.value(dst_);
    const Maps dy = context.memory.gradient(dst_);
    const Maps dx = context.memory.gradient(src_);
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      context.kernels.maps.curve_gradient(curve_, result.data + g * result.group,
                                          dy.data + g * dy.group, dx.data + g * dx.group,
                                          floats(dy, dy.c), *write_);
    }
  }

 private:
  Curve curve_;
  ValueId src_;
  ValueId dst_;
  bool in_place_;
  std::optional<Write> write_;
};

/// One source of a CopyStep: channels [from, from + count) of `src` meet [to, to + count) of the
/// result.
struct CopiedPart {
  ValueId src = -1;
  int64_t from = 0;
  int64_t to = 0;
  int64_t count = 0;  ///< of the result's channels
  Write forward = Write::kSet;
  std::optional<Write> backward;
};

/// Sums, concatenations, slices of channels and flattening: copies of runs of planes.
class CopyStep final : public Step {
 public:
  CopyStep(ValueId dst, std::vector<CopiedPart> parts) : dst_(dst), parts_(std::move(parts)) {}

  void forward(const StepContext& context) override {
    const Maps dst = context.memory.value(dst_);
    for (const CopiedPart& part : parts_) {
      copy(context, context.memory.value(part.src), part.from, dst, part.to, part.count,
           part.forward);
    }
  }
  void plan_backward(BackwardPlanner& planner) override {
    if (parts_.empty() || !planner.source(dst_)) return;
    for (CopiedPart& part : parts_) part.backward = planner.target(part.src, part.from, part.count);
  }
  void backward(const StepContext& context) override {
    const Maps dy = context.memory.gradient(dst_);
    for (const CopiedPart& part : parts_) {
      if (!part.backward) continue;
      copy(context, dy, part.to, context.memory.gradient(part.src), part.from, part.count,
           *part.backward);
    }
  }

 private:
  static void copy(const StepContext& context, const Maps& src, int64_t src_channel,
                   const Maps& dst, int64_t dst_channel, int64_t count, Write write) {
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      context.kernels.maps.copy(src.data + g * src.group + src_channel * src.plane,
                                dst.data + g * dst.group + dst_channel * dst.plane,
                                floats(src, count), write);
    }
  }

  ValueId dst_;
  std::vector<CopiedPart> parts_;
};

/// [C,H,W] to [C·H·W], whose planes are single vectors.
class FlattenStep final : public Step {
 public:
  explicit FlattenStep(const StepMaker& maker)
      : src_(maker.node.inputs[0]), dst_(maker.node.outputs[0]) {}

  void forward(const StepContext& context) override {
    const Maps src = context.memory.value(src_);
    const Maps dst = context.memory.value(dst_);
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      for (int64_t c = 0; c < src.c; ++c) {
        const int64_t run = src.h * src.w * dst.plane;
        context.kernels.maps.copy(src.data + g * src.group + c * src.plane,
                                  dst.data + g * dst.group + c * run, run, Write::kSet);
      }
    }
  }
  void plan_backward(BackwardPlanner& planner) override {
    if (planner.source(dst_)) write_ = planner.target(src_);
  }
  void backward(const StepContext& context) override {
    if (!write_) return;
    const Maps dy = context.memory.gradient(dst_);
    const Maps dx = context.memory.gradient(src_);
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      for (int64_t c = 0; c < dx.c; ++c) {
        const int64_t run = dx.h * dx.w * dy.plane;
        context.kernels.maps.copy(dy.data + g * dy.group + c * run,
                                  dx.data + g * dx.group + c * dx.plane, run, *write_);
      }
    }
  }

 private:
  ValueId src_;
  ValueId dst_;
  std::optional<Write> write_;
};

}  // namespace

std::unique_ptr<Step> make_curve_step(const StepMaker& maker, Curve curve) {
  return std::make_unique<CurveStep>(maker, curve);
}

std::unique_ptr<Step> make_add_step(const StepMaker& maker) {
  const int64_t c = maker.out().c;
  return std::make_unique<CopyStep>(
      maker.node.outputs[0],
      std::vector<CopiedPart>{{.src = maker.node.inputs[0], .count = c},
                              {.src = maker.node.inputs[1], .count = c, .forward = Write::kAdd}});
}

std::unique_ptr<Step> make_concat_step(const StepMaker& maker) {
  std::vector<CopiedPart> parts;
  int64_t channel = 0;
  for (size_t i = 0; i < maker.node.inputs.size(); ++i) {
    const ValueId part = maker.node.inputs[i];
    const int64_t count = maker.in(i).c;
    if (!maker.layout.lies_in(part, maker.node.outputs[0], channel)) {
      parts.push_back({.src = part, .to = channel, .count = count});
    }
    channel += count;
  }
  return std::make_unique<CopyStep>(maker.node.outputs[0], std::move(parts));
}

std::unique_ptr<Step> make_part_step(const StepMaker& maker) {
  if (maker.node.op->name == "flatten") return std::make_unique<FlattenStep>(maker);
  const auto& a = maker.node.attributes->as<Slice>();
  return std::make_unique<CopyStep>(
      maker.node.outputs[0],
      std::vector<CopiedPart>{
          {.src = maker.node.inputs[0], .from = a.begin, .count = a.end - a.begin}});
}

}  // namespace fovea::fast
