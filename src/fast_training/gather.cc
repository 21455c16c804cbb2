#include "fast_training/gather.h"

#include <algorithm>

namespace fovea::fast {
namespace {

/// A packed band should stay in a second-level cache beside weights and results.
constexpr int64_t kBandFloats = int64_t{96} * 1024;

/// Rows and columns of results with position ≡ first (mod step).
int64_t count_from(int64_t extent, int64_t first, int64_t step) {
  return first >= extent ? 0 : (extent - first + step - 1) / step;
}

}  // namespace

GatherPhase forward_phase(const ConvShape& shape) {
  GatherPhase phase{.rows = shape.oh, .cols = shape.ow};
  for (int64_t y = 0; y < shape.kh; ++y) {
    for (int64_t x = 0; x < shape.kw; ++x) {
      phase.taps.push_back({y * shape.dilation_h - shape.top, x * shape.dilation_w - shape.left,
                            static_cast<int32_t>(y * shape.kw + x)});
    }
  }
  return phase;
}

GatherWindow window_of(const std::vector<GatherPhase>& phases, int64_t step_y, int64_t step_x,
                       int64_t h, int64_t w) {
  GatherWindow window;
  int64_t right = 0;
  int64_t last_row = 0;
  for (const GatherPhase& phase : phases) {
    for (const GatherTap& tap : phase.taps) {
      window.top = std::max(window.top, -tap.y);
      window.left = std::max(window.left, -tap.x);
      window.bottom = std::max(window.bottom, tap.y);
      right = std::max(right, (phase.cols - 1) * step_x + tap.x + 1);
      last_row = std::max(last_row, (phase.rows - 1) * step_y + tap.y);
    }
  }
  window.inside = window.top == 0 && window.left == 0 && right <= w && last_row < h;
  window.cols = window.inside ? w : window.left + right;
  return window;
}

Gather Gather::forward(const ConvShape& shape, int lanes) {
  Gather gather;
  gather.ic_ = shape.ic;
  gather.oc_ = shape.oc;
  gather.src_h_ = shape.h;
  gather.src_w_ = shape.w;
  gather.dst_w_ = shape.ow;
  gather.src_step_y_ = shape.stride_h;
  gather.src_step_x_ = shape.stride_w;
  gather.o_step_ = shape.ic * shape.kh * shape.kw;
  gather.i_step_ = shape.kh * shape.kw;
  gather.phases_.push_back(forward_phase(shape));
  gather.finish(lanes);
  return gather;
}

Gather Gather::backward(const ConvShape& shape, int lanes) {
  Gather gather;
  gather.ic_ = shape.oc;
  gather.oc_ = shape.ic;
  gather.src_h_ = shape.oh;
  gather.src_w_ = shape.ow;
  gather.dst_w_ = shape.w;
  gather.dst_step_y_ = shape.stride_h;
  gather.dst_step_x_ = shape.stride_w;
  gather.o_step_ = shape.kh * shape.kw;
  gather.i_step_ = shape.ic * shape.kh * shape.kw;
  for (int64_t y = 0; y < shape.stride_h; ++y) {
    for (int64_t x = 0; x < shape.stride_w; ++x) {
      GatherPhase phase{.rows = count_from(shape.h, y, shape.stride_h),
                        .cols = count_from(shape.w, x, shape.stride_w),
                        .dst_y = y,
                        .dst_x = x};
      for (int64_t ky = 0; ky < shape.kh; ++ky) {
        const int64_t from_y = y + shape.top - ky * shape.dilation_h;
        if (from_y % shape.stride_h != 0) continue;
        for (int64_t kx = 0; kx < shape.kw; ++kx) {
          const int64_t from_x = x + shape.left - kx * shape.dilation_w;
          if (from_x % shape.stride_w != 0) continue;
          phase.taps.push_back({from_y / shape.stride_h, from_x / shape.stride_w,
                                static_cast<int32_t>(ky * shape.kw + kx)});
        }
      }
      if (phase.rows > 0 && phase.cols > 0) gather.phases_.push_back(std::move(phase));
    }
  }
  gather.finish(lanes);
  return gather;
}

int64_t Gather::band_src_rows(int64_t rows) const {
  return (rows - 1) * src_step_y_ + window_.top + window_.bottom + 1;
}

/// Floats from plane to plane of a packed band.
int64_t Gather::band_plane(int64_t rows) const {
  return plane_vectors(band_src_rows(rows), window_.cols) * lanes_;
}

void Gather::finish(int lanes) {
  lanes_ = lanes;
  window_ = window_of(phases_, src_step_y_, src_step_x_, src_h_, src_w_);
  for (const GatherPhase& phase : phases_) rows_ = std::max(rows_, phase.rows);
  band_rows_ = rows_;
  if (!window_.inside) {
    while (band_rows_ > 1 && ic_ * band_plane(band_rows_) > kBandFloats) --band_rows_;
    // Bands of nearly equal height.
    const int64_t n_bands = (rows_ + band_rows_ - 1) / band_rows_;
    band_rows_ = (rows_ + n_bands - 1) / n_bands;
  }
  for (const GatherPhase& phase : phases_) {
    Tables tables;
    for (int64_t y = 0; y < std::min(band_rows_, phase.rows); ++y) {
      for (int64_t x = 0; x < phase.cols; ++x) {
        tables.src_at.push_back(
            static_cast<int32_t>((y * src_step_y_ * window_.cols + x * src_step_x_) * lanes_));
        tables.dst_at.push_back(static_cast<int32_t>(
            ((phase.dst_y + y * dst_step_y_) * dst_w_ + phase.dst_x + x * dst_step_x_) * lanes_));
      }
    }
    for (const GatherTap& tap : phase.taps) {
      tables.tap_at.push_back(static_cast<int32_t>(
          ((tap.y + window_.top) * window_.cols + tap.x + window_.left) * lanes_));
      tables.tap_weight.push_back(tap.weight);
    }
    for (int64_t y = 0; y < phase.rows; ++y) tables.row_taps.push_back(taps_of_row(phase, y));
    tables.weight.resize(static_cast<size_t>(ic_ * oc_) * phase.taps.size());
    tables_.push_back(std::move(tables));
  }
}

void Gather::set_weights(const Kernels& kernels, const float* weight) {
  for (Tables& tables : tables_) {
    kernels.conv.pack_weights(weight, oc_, ic_, o_step_, i_step_, tables.tap_weight.data(),
                              static_cast<int64_t>(tables.tap_weight.size()), tables.weight.data());
  }
}

/// Taps of a row of results that read rows inside the map; their order follows the kernel's rows,
/// so they are neighbours.
std::pair<int32_t, int32_t> Gather::taps_of_row(const GatherPhase& phase, int64_t y) const {
  const auto n = static_cast<int32_t>(phase.taps.size());
  // Rows of pixels that do not fill tiles are better taken together.
  if (phase.cols % 4 != 0) return {0, n};
  int32_t begin = n;
  int32_t end = 0;
  for (int32_t t = 0; t < n; ++t) {
    const int64_t row = y * src_step_y_ + phase.taps[static_cast<size_t>(t)].y;
    if (row < 0 || row >= src_h_) continue;
    begin = std::min(begin, t);
    end = t + 1;
  }
  return {std::min(begin, end), end};
}

int64_t Gather::scratch_floats() const { return window_.inside ? 0 : ic_ * band_plane(band_rows_); }

void Gather::run_band(const Kernels& kernels, const GatherJob& job, int64_t row0,
                      int64_t rows) const {
  for (size_t i = 0; i < phases_.size(); ++i) {
    const GatherPhase& phase = phases_[i];
    const Tables& tables = tables_[i];
    GatherJob part = job;
    part.dst += row0 * dst_step_y_ * dst_w_ * lanes_;
    part.tap_at = tables.tap_at.data();
    part.taps = static_cast<int64_t>(tables.tap_at.size());
    part.weight = tables.weight.data();
    const int64_t end = std::min(row0 + rows, phase.rows);
    for (int64_t y = row0; y < end;) {
      const auto taps = tables.row_taps[static_cast<size_t>(y)];
      const int64_t first = y;
      while (y < end && tables.row_taps[static_cast<size_t>(y)] == taps) ++y;
      part.src_at = tables.src_at.data() + (first - row0) * phase.cols;
      part.dst_at = tables.dst_at.data() + (first - row0) * phase.cols;
      part.pixels = (y - first) * phase.cols;
      part.tap_begin = taps.first;
      part.tap_end = taps.second;
      kernels.conv.gather(part);
    }
  }
}

void Gather::run(const Kernels& kernels, const Maps& src, const Maps& dst, const float* bias,
                 Write write, int64_t groups, float* scratch) const {
  GatherJob job{.dst_plane = dst.plane,
                .bias = bias,
                .ic = ic_,
                .oc = oc_,
                .accumulate = write == Write::kAdd};
  for (int64_t g = 0; g < groups; ++g) {
    const float* from = src.data + g * src.group;
    job.dst = dst.data + g * dst.group;
    if (window_.inside) {
      job.src = from;
      job.src_plane = src.plane;
      run_band(kernels, job, 0, rows_);
      continue;
    }
    for (int64_t row0 = 0; row0 < rows_; row0 += band_rows_) {
      const int64_t rows = std::min(band_rows_, rows_ - row0);
      job.src = scratch;
      job.src_plane = band_plane(band_rows_);
      kernels.maps.pack({.src = from,
                         .src_plane = src.plane,
                         .h = src_h_,
                         .w = src_w_,
                         .row0 = row0 * src_step_y_ - window_.top,
                         .rows = band_src_rows(rows),
                         .left = window_.left,
                         .cols = window_.cols,
                         .planes = ic_,
                         .dst = scratch,
                         .dst_plane = job.src_plane});
      run_band(kernels, job, row0, rows);
    }
  }
}

}  // namespace fovea::fast
