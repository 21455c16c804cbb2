#include "fast_training/weight_pass.h"

#include <algorithm>

namespace fovea::fast {
namespace {

/// Packed rows of all channels; they are read once per block of output channels.
constexpr int64_t kBandFloats = 512 * 1024;
/// Pixels of a pass: the planes of a tile then stay in a first-level cache, and the final sums over
/// lanes cost little.
constexpr int64_t kChunkPixels = 64;

}  // namespace

WeightPass::WeightPass(const ConvShape& shape, int lanes)
    : shape_(shape), lanes_(lanes), phase_(forward_phase(shape)) {
  window_ = window_of({phase_}, shape.stride_h, shape.stride_w, shape.h, shape.w);
  band_rows_ = shape.oh;
  const auto plane = [&](int64_t rows) {
    return plane_vectors(band_src_rows(rows), window_.cols) * lanes;
  };
  if (!window_.inside) {
    while (band_rows_ > 1 && shape.ic * plane(band_rows_) > kBandFloats) --band_rows_;
    band_plane_ = plane(band_rows_);
  }
  chunk_rows_ = std::clamp<int64_t>(kChunkPixels / shape.ow, 1, band_rows_);
  if (band_rows_ == shape.oh) {
    chunk_groups_ = std::max<int64_t>(1, kChunkPixels / (shape.oh * shape.ow));
  }
}

int64_t WeightPass::band_src_rows(int64_t rows) const {
  return (rows - 1) * shape_.stride_h + window_.top + window_.bottom + 1;
}

int64_t WeightPass::scratch_floats(int64_t groups) const {
  return window_.inside ? 0 : std::min(chunk_groups_, groups) * shape_.ic * band_plane_;
}

void WeightPass::run_rows(const Kernels& kernels, WeightJob job, int64_t rows) const {
  for (int64_t row = 0; row < rows; row += chunk_rows_) {
    job.rows = std::min(chunk_rows_, rows - row);
    kernels.conv.weights(job);
    job.dy += chunk_rows_ * job.dy_row;
    job.src += chunk_rows_ * job.src_row;
  }
}

void WeightPass::run(const Kernels& kernels, const Maps& src, const Maps& dy, int64_t groups,
                     float* grads, float* scratch) const {
  const int64_t plane = window_.inside ? src.plane : band_plane_;
  std::vector<int32_t> at;
  at.reserve(static_cast<size_t>(shape_.ic) * phase_.taps.size());
  for (int64_t i = 0; i < shape_.ic; ++i) {
    for (const GatherTap& tap : phase_.taps) {
      at.push_back(static_cast<int32_t>(
          i * plane + ((tap.y + window_.top) * window_.cols + tap.x + window_.left) * lanes_));
    }
  }
  WeightJob job{.dy_plane = dy.plane,
                .dy_group = dy.group,
                .dy_row = shape_.ow * lanes_,
                .src_group = window_.inside ? src.group : shape_.ic * band_plane_,
                .src_row = shape_.stride_h * window_.cols * lanes_,
                .src_step = shape_.stride_w * lanes_,
                .at = at.data(),
                .n = static_cast<int64_t>(at.size()),
                .cols = shape_.ow,
                .oc = shape_.oc,
                .grads = grads};
  for (int64_t g = 0; g < groups; g += chunk_groups_) {
    job.groups = std::min(chunk_groups_, groups - g);
    job.dy = dy.data + g * dy.group;
    if (window_.inside) {
      job.src = src.data + g * src.group;
      run_rows(kernels, job, shape_.oh);
      continue;
    }
    for (int64_t row0 = 0; row0 < shape_.oh; row0 += band_rows_) {
      const int64_t rows = std::min(band_rows_, shape_.oh - row0);
      for (int64_t k = 0; k < job.groups; ++k) {
        kernels.maps.pack({.src = src.data + (g + k) * src.group,
                           .src_plane = src.plane,
                           .h = shape_.h,
                           .w = shape_.w,
                           .row0 = row0 * shape_.stride_h - window_.top,
                           .rows = band_src_rows(rows),
                           .left = window_.left,
                           .cols = window_.cols,
                           .planes = shape_.ic,
                           .dst = scratch + k * job.src_group,
                           .dst_plane = band_plane_});
      }
      job.src = scratch;
      job.dy = dy.data + g * dy.group + row0 * job.dy_row;
      run_rows(kernels, job, rows);
    }
  }
}

}  // namespace fovea::fast
