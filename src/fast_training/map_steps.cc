// Steps over windows and positions of maps: resizing and pooling.
#include <algorithm>

#include "fast_training/step.h"
#include "graph/op_def.h"
#include "ops/pool/pool.h"
#include "ops/resize/resize.h"

namespace fovea::fast {
namespace {

/// A matrix in compressed rows; positions are pixels of the other map.
struct SparseRows {
  std::vector<int32_t> begin{0};
  std::vector<int32_t> at;
  std::vector<float> weight;

  void end_row() { begin.push_back(static_cast<int32_t>(at.size())); }
  [[nodiscard]] SparseRows transposed(int64_t columns) const {
    std::vector<std::vector<std::pair<int32_t, float>>> rows(static_cast<size_t>(columns));
    for (size_t r = 0; r + 1 < begin.size(); ++r) {
      for (auto k = static_cast<size_t>(begin[r]); k < static_cast<size_t>(begin[r + 1]); ++k) {
        rows[static_cast<size_t>(at[k])].emplace_back(static_cast<int32_t>(r), weight[k]);
      }
    }
    SparseRows out;
    for (const auto& row : rows) {
      for (const auto& [position, value] : row) {
        out.at.push_back(position);
        out.weight.push_back(value);
      }
      out.end_row();
    }
    return out;
  }
  void scale_positions(int lanes) {
    for (int32_t& position : at) position *= lanes;
  }
};

SparseRows resize_rows(const StepMaker& maker) {
  const auto& a = maker.node.attributes->as<Resize>();
  const Extents& in = maker.in();
  const ResizeAxis y = resize_axis(a.mode, in.h, a.size.h);
  const ResizeAxis x = resize_axis(a.mode, in.w, a.size.w);
  SparseRows out;
  for (int64_t row = 0; row < a.size.h; ++row) {
    for (int64_t col = 0; col < a.size.w; ++col) {
      for (int64_t ty = 0; ty < y.taps; ++ty) {
        const auto iy = static_cast<size_t>(row * y.taps + ty);
        for (int64_t tx = 0; tx < x.taps; ++tx) {
          const auto ix = static_cast<size_t>(col * x.taps + tx);
          const float weight = y.weight[iy] * x.weight[ix];
          if (weight == 0) continue;
          out.at.push_back(static_cast<int32_t>(y.index[iy] * in.w + x.index[ix]));
          out.weight.push_back(weight);
        }
      }
      out.end_row();
    }
  }
  return out;
}

/// Taps of every window inside the map; each weighs 1/(kernel's size).
SparseRows window_rows(const Extents& in, const Extents& out_extents, const Pool2d& pool) {
  SparseRows out;
  const float weight = 1.0F / static_cast<float>(pool.kernel.h * pool.kernel.w);
  for (int64_t row = 0; row < out_extents.h; ++row) {
    for (int64_t col = 0; col < out_extents.w; ++col) {
      for (int64_t ky = 0; ky < pool.kernel.h; ++ky) {
        const int64_t y = row * pool.stride.h - pool.pad.h + ky;
        if (y < 0 || y >= in.h) continue;
        for (int64_t kx = 0; kx < pool.kernel.w; ++kx) {
          const int64_t x = col * pool.stride.w - pool.pad.w + kx;
          if (x < 0 || x >= in.w) continue;
          out.at.push_back(static_cast<int32_t>(y * in.w + x));
          out.weight.push_back(weight);
        }
      }
      out.end_row();
    }
  }
  return out;
}

SparseRows rows_of(const StepMaker& maker) {
  if (maker.node.op->name == "resize") return resize_rows(maker);
  const Extents& in = maker.in();
  if (maker.node.op->name == "mean_hw") {
    return window_rows(in, maker.out(), {.kernel = {in.h, in.w}, .stride = {1, 1}});
  }
  return window_rows(in, maker.out(), maker.node.attributes->as<Pool2d>());
}

class LinearMapStep final : public Step {
 public:
  explicit LinearMapStep(const StepMaker& maker)
      : src_(maker.node.inputs[0]), dst_(maker.node.outputs[0]), forward_(rows_of(maker)) {
    backward_ = forward_.transposed(maker.in().h * maker.in().w);
    forward_.scale_positions(maker.lanes);
    backward_.scale_positions(maker.lanes);
  }

  void forward(const StepContext& context) override {
    run(context, forward_, context.memory.value(src_), context.memory.value(dst_), Write::kSet);
  }
  void plan_backward(BackwardPlanner& planner) override {
    if (planner.source(dst_)) write_ = planner.target(src_);
  }
  void backward(const StepContext& context) override {
    if (!write_) return;
    run(context, backward_, context.memory.gradient(dst_), context.memory.gradient(src_), *write_);
  }

 private:
  static void run(const StepContext& context, const SparseRows& rows, const Maps& src,
                  const Maps& dst, Write write) {
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      for (int64_t c = 0; c < src.c; ++c) {
        context.kernels.maps.linear_map({.src = src.data + g * src.group + c * src.plane,
                                         .dst = dst.data + g * dst.group + c * dst.plane,
                                         .begin = rows.begin.data(),
                                         .at = rows.at.data(),
                                         .weight = rows.weight.data(),
                                         .outputs = static_cast<int64_t>(rows.begin.size()) - 1,
                                         .write = write});
      }
    }
  }

  ValueId src_;
  ValueId dst_;
  SparseRows forward_;
  SparseRows backward_;
  std::optional<Write> write_;
};

class MaximumStep final : public Step {
 public:
  explicit MaximumStep(const StepMaker& maker)
      : src_(maker.node.inputs[0]), dst_(maker.node.outputs[0]), windows_(rows_of(maker)) {
    windows_.scale_positions(maker.lanes);
  }

  void forward(const StepContext& context) override {
    const Maps src = context.memory.value(src_);
    const Maps dst = context.memory.value(dst_);
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      for (int64_t c = 0; c < src.c; ++c) {
        MaxJob job = job_of(src, g, c);
        job.dst = dst.data + g * dst.group + c * dst.plane;
        context.kernels.maps.maximum(job);
      }
    }
  }
  void plan_backward(BackwardPlanner& planner) override {
    if (planner.source(dst_)) write_ = planner.target(src_);
  }
  void backward(const StepContext& context) override {
    if (!write_) return;
    const Maps src = context.memory.value(src_);
    const Maps dy = context.memory.gradient(dst_);
    const Maps dx = context.memory.gradient(src_);
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      for (int64_t c = 0; c < src.c; ++c) {
        MaxJob job = job_of(src, g, c);
        job.dy = dy.data + g * dy.group + c * dy.plane;
        job.src_grad = dx.data + g * dx.group + c * dx.plane;
        if (*write_ == Write::kSet) std::fill_n(job.src_grad, dx.plane, 0.0F);
        context.kernels.maps.maximum_gradient(job);
      }
    }
  }

 private:
  [[nodiscard]] MaxJob job_of(const Maps& src, int64_t g, int64_t c) const {
    return {.src = src.data + g * src.group + c * src.plane,
            .begin = windows_.begin.data(),
            .at = windows_.at.data(),
            .outputs = static_cast<int64_t>(windows_.begin.size()) - 1};
  }

  ValueId src_;
  ValueId dst_;
  SparseRows windows_;
  std::optional<Write> write_;
};

}  // namespace

std::unique_ptr<Step> make_linear_map_step(const StepMaker& maker) {
  return std::make_unique<LinearMapStep>(maker);
}
std::unique_ptr<Step> make_maximum_step(const StepMaker& maker) {
  return std::make_unique<MaximumStep>(maker);
}

}  // namespace fovea::fast
