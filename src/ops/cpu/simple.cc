#include "ops/cpu/simple.h"

#include <algorithm>
#include <cstring>

#include "fovea/error.h"
#include "ops/cpu/plane_kernels.h"
#include "ops/cpu/relayout_kernels.h"

namespace fovea::cpu {
namespace {

size_t bytes(int64_t floats) { return static_cast<size_t>(floats) * sizeof(float); }

bool same_extents(const PlaneLayout& a, const PlaneLayout& b) {
  return a.channels == b.channels && a.height == b.height && a.width == b.width;
}

/// A value of one element a channel.
bool single(const PlaneLayout& layout) { return layout.height * layout.width == 1; }

/// The transform of one plane between two layouts.
RowsTransform rows_of(const PlaneLayout& in, const PlaneLayout& out, const float* src, float* dst) {
  return {.src = src,
          .src_stride = in.row_stride,
          .dst = dst,
          .dst_stride = out.row_stride,
          .dst_floats = out.plane_stride,
          .height = out.height,
          .width = out.width};
}

/// The transform of a whole value at once: only where zeros stay zeros and layouts are equal.
RowsTransform flat_of(const PlaneLayout& layout, const float* src, float* dst) {
  return {.src = src, .dst = dst, .dst_floats = layout.floats(), .width = layout.floats()};
}

float clamp(float value, Activation activation) {
  if (activation == Activation::kNone) return value;
  value = value < 0.0F ? 0.0F : value;
  return activation == Activation::kRelu6 && value > 6.0F ? 6.0F : value;
}

/// A value with `channels` channels seen as dense planes of the extents of `map`.
PlaneLayout dense_like(const PlaneLayout& map) {
  PlaneLayout dense = map;
  dense.gap = 0;
  dense.row_stride = map.width;
  dense.plane_stride = map.height * map.width;
  return dense;
}

}  // namespace

void binary(Isa isa, const Lanes& lanes, BinaryOp op, Activation activation, const ValueRef& a,
            const ValueRef& b, const ValueRef& out) {
  const PlaneKernels& kernels = plane_kernels(isa);
  const PlaneLayout& layout = a.layout;
  const RowOp row_op = op == BinaryOp::kAdd   ? RowOp::kAdd
                       : op == BinaryOp::kSub ? RowOp::kSub
                                              : RowOp::kMul;
  const bool same = same_extents(layout, b.layout);
  const bool one_map = !same && b.layout.channels == 1 && b.layout.height == layout.height &&
                       b.layout.width == layout.width;
  FOVEA_CHECK(
      same || one_map ||
      (single(b.layout) && (b.layout.channels == layout.channels || b.layout.channels == 1)));
  for (int lane = 0; lane < lanes.n; ++lane) {
    float* block = lanes.blocks[lane];
    if (layout == b.layout && layout == out.layout) {
      RowsTransform job = flat_of(layout, block + a.offset, block + out.offset);
      job.op = row_op;
      job.activation = activation;
      job.other = block + b.offset;
      kernels.transform(job);
      continue;
    }
    for (int64_t c = 0; c < layout.channels; ++c) {
      RowsTransform job = rows_of(layout, out.layout, block + a.offset + c * layout.plane_stride,
                                  block + out.offset + c * out.layout.plane_stride);
      job.activation = activation;
      const float* other = block + b.offset;
      if (same || one_map) {
        job.op = row_op;
        job.other = other + (same ? c * b.layout.plane_stride : 0);
        job.other_stride = b.layout.row_stride;
      } else {
        const float value = other[b.layout.channels == 1 ? 0 : c];
        job.scale = op == BinaryOp::kMul ? value : 1.0F;
        job.shift = op == BinaryOp::kMul ? 0.0F : op == BinaryOp::kAdd ? value : -value;
      }
      kernels.transform(job);
    }
  }
}

void scale_shift(Isa isa, const Lanes& lanes, std::span<const float> scale,
                 std::span<const float> shift, Activation activation, const ValueRef& in,
                 const ValueRef& out) {
  const PlaneKernels& kernels = plane_kernels(isa);
  for (int lane = 0; lane < lanes.n; ++lane) {
    const float* src = lanes.blocks[lane] + in.offset;
    float* dst = lanes.blocks[lane] + out.offset;
    for (int64_t c = 0; c < in.layout.channels; ++c) {
      const auto at = static_cast<size_t>(c);
      if (single(in.layout)) {
        dst[c] = clamp(src[c] * scale[at] + shift[at], activation);
        continue;
      }
      RowsTransform job = rows_of(in.layout, out.layout, src + c * in.layout.plane_stride,
                                  dst + c * out.layout.plane_stride);
      job.activation = activation;
      job.scale = scale[at];
      job.shift = shift[at];
      kernels.transform(job);
    }
  }
}

void activate(Isa isa, const Lanes& lanes, Activation activation, const ValueRef& in,
              const ValueRef& out) {
  const PlaneKernels& kernels = plane_kernels(isa);
  for (int lane = 0; lane < lanes.n; ++lane) {
    const float* src = lanes.blocks[lane] + in.offset;
    float* dst = lanes.blocks[lane] + out.offset;
    if (in.layout == out.layout) {
      RowsTransform job = flat_of(in.layout, src, dst);
      job.activation = activation;
      kernels.transform(job);
      continue;
    }
    for (int64_t c = 0; c < in.layout.channels; ++c) {
      RowsTransform job = rows_of(in.layout, out.layout, src + c * in.layout.plane_stride,
                                  dst + c * out.layout.plane_stride);
      job.activation = activation;
      kernels.transform(job);
    }
  }
}

void copy(Isa isa, const Lanes& lanes, const ValueRef& in, const ValueRef& out) {
  const RelayoutKernels& kernels = relayout_kernels(isa);
  const bool reshaped = !same_extents(in.layout, out.layout);
  // The flat form of a map is its dense planes one behind the other.
  const PlaneLayout from = reshaped && single(in.layout) ? dense_like(out.layout) : in.layout;
  const PlaneLayout to = reshaped && single(out.layout) ? dense_like(in.layout) : out.layout;
  FOVEA_CHECK(same_extents(from, to));
  for (int lane = 0; lane < lanes.n; ++lane) {
    const float* src = lanes.blocks[lane] + in.offset;
    float* dst = lanes.blocks[lane] + out.offset;
    if (from == to) {
      std::memcpy(dst, src, bytes(to.floats()));
      continue;
    }
    for (int64_t c = 0; c < to.channels; ++c) {
      kernels.copy_rows({.src = src + c * from.plane_stride,
                         .src_stride = from.row_stride,
                         .src_floats = from.plane_stride + kVectorSlack,
                         .dst = dst + c * to.plane_stride,
                         .dst_stride = to.row_stride,
                         .dst_floats = to.plane_stride,
                         .height = to.height,
                         .width = to.width});
    }
  }
}

void from_dense(Isa isa, const Lanes& lanes, const float* const* src, const ValueRef& out) {
  const RelayoutKernels& kernels = relayout_kernels(isa);
  const PlaneLayout& to = out.layout;
  const PlaneLayout from = dense_like(to);
  for (int lane = 0; lane < lanes.n; ++lane) {
    float* dst = lanes.blocks[lane] + out.offset;
    if (from == to) {
      std::memcpy(dst, src[lane], bytes(to.floats()));
      continue;
    }
    for (int64_t c = 0; c < to.channels; ++c) {
      kernels.copy_rows({.src = src[lane] + c * from.plane_stride,
                         .src_stride = from.row_stride,
                         .src_floats = (to.channels - c) * from.plane_stride,
                         .dst = dst + c * to.plane_stride,
                         .dst_stride = to.row_stride,
                         .dst_floats = to.plane_stride,
                         .height = to.height,
                         .width = to.width});
    }
  }
}

void to_dense(Isa isa, const Lanes& lanes, const ValueRef& in, float* const* dst) {
  const RelayoutKernels& kernels = relayout_kernels(isa);
  const PlaneLayout& from = in.layout;
  const PlaneLayout to = dense_like(from);
  for (int lane = 0; lane < lanes.n; ++lane) {
    const float* src = lanes.blocks[lane] + in.offset;
    if (from == to) {
      std::memcpy(dst[lane], src, bytes(to.floats()));
      continue;
    }
    for (int64_t c = 0; c < to.channels; ++c) {
      kernels.pack_rows({.src = src + c * from.plane_stride,
                         .src_stride = from.row_stride,
                         .src_floats = from.plane_stride + kVectorSlack,
                         .dst = dst[lane] + c * to.plane_stride,
                         .dst_stride = to.row_stride,
                         .dst_floats = (to.channels - c) * to.plane_stride,
                         .height = to.height,
                         .width = to.width});
    }
  }
}

void mean_hw(Isa isa, const Lanes& lanes, const ValueRef& in, const ValueRef& out) {
  const PlaneKernels& kernels = plane_kernels(isa);
  const PlaneLayout& layout = in.layout;
  const auto count = static_cast<float>(layout.height * layout.width);
  // Gap columns are zeros, so the rows of a plane are one range.
  const int64_t range = (layout.height - 1) * layout.row_stride + layout.width;
  for (int lane = 0; lane < lanes.n; ++lane) {
    const float* src = lanes.blocks[lane] + in.offset;
    float* dst = lanes.blocks[lane] + out.offset;
    for (int64_t c = 0; c < layout.channels; ++c) {
      dst[c] = kernels.sum(src + c * layout.plane_stride, range) / count;
    }
  }
}

}  // namespace fovea::cpu
