#include <algorithm>
#include <string>
#include <utility>

#include "fovea/error.h"
#include "ops/cpu/resize_job.h"
#include "ops/cpu/simple.h"

namespace fovea::cpu {
namespace {

void check_axis(const char* axis, const ResizeAxis& table, int64_t in, int64_t out) {
  const auto n = static_cast<size_t>(out);
  bool good = table.i0.size() == n && table.i1.size() == n && table.w.size() == n;
  for (size_t i = 0; good && i < n; ++i) {
    good = std::min(table.i0[i], table.i1[i]) >= 0 && std::max(table.i0[i], table.i1[i]) < in;
  }
  if (good) return;
  throw Error({.kind = ErrorKind::kInternal,
               .what = std::string("table of a resize does not fit axis ") + axis,
               .where = {},
               .expected = std::to_string(out) + " entries below " + std::to_string(in),
               .found = std::to_string(table.i0.size()) + " entries",
               .hint = {}});
}

}  // namespace

ResizePlan::ResizePlan(Isa isa, const PlaneLayout& in, const PlaneLayout& out, ResizeAxis y,
                       ResizeAxis x)
    : isa_(isa), in_(in), out_(out), y_(std::move(y)) {
  check_axis("y", y_, in.height, out.height);
  check_axis("x", x, in.width, out.width);
  if (in.channels != out.channels) {
    throw Error({.kind = ErrorKind::kInternal,
                 .what = "channels of a resize differ",
                 .where = {},
                 .expected = std::to_string(in.channels),
                 .found = std::to_string(out.channels),
                 .hint = {}});
  }
  const int lanes = vector_floats(isa);
  const int64_t n_columns = (out.width + lanes - 1) / lanes;
  const auto padded = static_cast<size_t>(n_columns * lanes);
  x0_.assign(padded, 0);
  x1_.assign(padded, 0);
  xw_.assign(padded, 0.0F);
  for (int64_t v = 0; v < n_columns; ++v) {
    const auto first = static_cast<size_t>(v * lanes);
    const size_t end = std::min(first + static_cast<size_t>(lanes), x.i0.size());
    int32_t least = x.i0[first];
    int32_t most = least;
    for (size_t i = first; i < end; ++i) {
      least = std::min({least, x.i0[i], x.i1[i]});
      most = std::max({most, x.i0[i], x.i1[i]});
    }
    columns_.push_back({.base = least, .windows = (most - least) / lanes + 1});
    for (size_t i = first; i < end; ++i) {
      x0_[i] = x.i0[i] - least;
      x1_[i] = x.i1[i] - least;
      xw_[i] = x.w[i];
    }
  }
  rows_first_ = out.height < in.height;
  const int64_t row = std::max(in.width, n_columns * lanes) + 2 * kVectorSlack;
  scratch_floats_ = rows_first_ ? row : in.height * n_columns * lanes + kVectorSlack;
}

void ResizePlan::run(const Lanes& lanes, int64_t in_offset, int64_t out_offset,
                     float* scratch) const {
  const ResizeKernel kernel = resize_kernel(isa_);
  ResizeJob job{.src_height = in_.height,
                .src_width = in_.width,
                .src_stride = in_.row_stride,
                .src_floats = in_.plane_stride,
                .dst_height = out_.height,
                .dst_width = out_.width,
                .dst_stride = out_.row_stride,
                .dst_floats = out_.plane_stride,
                .n_planes = out_.channels,
                .y0 = y_.i0.data(),
                .y1 = y_.i1.data(),
                .yw = y_.w.data(),
                .columns = columns_.data(),
                .n_columns = static_cast<int64_t>(columns_.size()),
                .x0 = x0_.data(),
                .x1 = x1_.data(),
                .xw = xw_.data(),
                .rows_first = rows_first_,
                .scratch = scratch};
  for (int lane = 0; lane < lanes.n; ++lane) {
    job.src = lanes.blocks[lane] + in_offset;
    job.dst = lanes.blocks[lane] + out_offset;
    kernel(job);
  }
}

int64_t ResizePlan::constant_bytes() const {
  return static_cast<int64_t>(
      (y_.i0.size() + y_.i1.size() + x0_.size() + x1_.size()) * sizeof(int32_t) +
      (y_.w.size() + xw_.size()) * sizeof(float) + columns_.size() * sizeof(ResizeColumn));
}

}  // namespace fovea::cpu
