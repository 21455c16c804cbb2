#include "fast_training/weight_pass.h"

#include <algorithm>

namespace fovea::fast {
namespace {

/// Packed rows of all channels; they are read once per block of output channels.
constexpr int64_t kBandFloats = int64_t{512} * 1024;
/// Pixels of a pass: the planes of a tile then stay in a first-level cache, and the final sums over
/// lanes cost little.
constexpr int64_t kChunkPixels = 64;
constexpr int64_t kSmallMap = 16;

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
  // On small maps a kernel's first and last row meet many zeros.
  const auto n_taps = static_cast<int64_t>(phase_.taps.size());
  const int64_t taps_of_part = window_.inside || shape.oh > kSmallMap ? n_taps : shape.kw;
  for (int64_t tap = 0; tap < n_taps; tap += taps_of_part) add_part(tap, tap + taps_of_part);
}

int64_t WeightPass::band_src_rows(int64_t rows) const {
  return (rows - 1) * shape_.stride_h + window_.top + window_.bottom + 1;
}

int64_t WeightPass::scratch_floats(int64_t groups) const {
  return window_.inside ? 0 : std::min(chunk_groups_, groups) * shape_.ic * band_plane_;
}

void WeightPass::add_part(int64_t first_tap, int64_t end_tap) {
  const int64_t plane = window_.inside ? plane_vectors(shape_.h, shape_.w) * lanes_ : band_plane_;
  const auto n_taps = static_cast<int64_t>(phase_.taps.size());
  Part part{.begin = 0, .end = shape_.oh};
  if (end_tap - first_tap < n_taps) {
    const int64_t y = phase_.taps[static_cast<size_t>(first_tap)].y;
    while (part.begin < part.end && part.begin * shape_.stride_h + y < 0) ++part.begin;
    while (part.begin < part.end && (part.end - 1) * shape_.stride_h + y >= shape_.h) --part.end;
  }
  for (int64_t i = 0; i < shape_.ic; ++i) {
    for (int64_t t = first_tap; t < end_tap; ++t) {
      const GatherTap& tap = phase_.taps[static_cast<size_t>(t)];
      part.at.push_back(static_cast<int32_t>(
          i * plane + ((tap.y + window_.top) * window_.cols + tap.x + window_.left) * lanes_));
      part.to.push_back(static_cast<int32_t>(i * n_taps + t));
    }
  }
  parts_.push_back(std::move(part));
}

/// Rows [row0, row0 + rows) of results; job's pointers are at row0.
void WeightPass::run_rows(const Kernels& kernels, const WeightJob& job, int64_t row0,
                          int64_t rows) const {
  for (int64_t row = 0; row < rows; row += chunk_rows_) {
    for (const Part& part : parts_) {
      const int64_t begin = std::max(row, part.begin - row0);
      const int64_t end = std::min({row + chunk_rows_, rows, part.end - row0});
      if (begin >= end) continue;
      WeightJob piece = job;
      piece.dy += begin * job.dy_row;
      piece.src += begin * job.src_row;
      piece.rows = end - begin;
      piece.at = part.at.data();
      piece.to = part.to.data();
      piece.n = static_cast<int64_t>(part.at.size());
      kernels.conv.weights(piece);
    }
  }
}

void WeightPass::run(const Kernels& kernels, const Maps& src, const Maps& dy, int64_t groups,
                     float* grads, float* scratch) const {
  WeightJob job{.dy_plane = dy.plane,
                .dy_group = dy.group,
                .dy_row = shape_.ow * lanes_,
                .src_group = window_.inside ? src.group : shape_.ic * band_plane_,
                .src_row = shape_.stride_h * window_.cols * lanes_,
                .src_step = shape_.stride_w * lanes_,
                .cols = shape_.ow,
                .oc = shape_.oc,
                .grads = grads,
                .grads_step = shape_.ic * shape_.kh * shape_.kw};
  for (int64_t g = 0; g < groups; g += chunk_groups_) {
    job.groups = std::min(chunk_groups_, groups - g);
    job.dy = dy.data + g * dy.group;
    if (window_.inside) {
      job.src = src.data + g * src.group;
      run_rows(kernels, job, 0, shape_.oh);
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
      run_rows(kernels, job, row0, rows);
    }
  }
}

}  // namespace fovea::fast
