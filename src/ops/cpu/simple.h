// Kernels other than convolutions on the planar layout of ops/facet_cpu.h.
//
// All of them write every float of [0, channels·plane_stride) of their output, zeros outside the
// map included, and nothing else; inputs may hold anything outside the zeros that PlaneLayout
// promises. Each lane is computed on its own. Functions are thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ops/cpu/isa.h"
#include "ops/facet_cpu.h"

namespace fovea::cpu {

enum class BinaryOp : uint8_t { kAdd, kSub, kMul };

/// out = act(a op b). b has a's shape, or [C] or [C,1,1] (one value a channel), or [1,H,W] (one
/// map for all channels), or one element. Layouts may differ in gap. Out may be a itself.
void binary(Isa isa, const Lanes& lanes, BinaryOp op, Activation activation, const ValueRef& a,
            const ValueRef& b, const ValueRef& out);

/// out = act(scale[c]·in + shift[c]); out may be in itself.
void scale_shift(Isa isa, const Lanes& lanes, std::span<const float> scale,
                 std::span<const float> shift, Activation activation, const ValueRef& in,
                 const ValueRef& out);

/// out = act(in); out may be in itself. kNone copies.
void activate(Isa isa, const Lanes& lanes, Activation activation, const ValueRef& in,
              const ValueRef& out);

/// Copies between layouts of equal channels and extents; also between [C,H,W] and its flat form.
void copy(Isa isa, const Lanes& lanes, const ValueRef& in, const ValueRef& out);

/// Fills `out` from dense tensors: src[lane] points to [C,H,W] contiguous floats of the caller.
void from_dense(Isa isa, const Lanes& lanes, const float* const* src, const ValueRef& out);

/// Writes dense tensors: dst[lane] receives [C,H,W] contiguous floats; nothing behind is touched.
void to_dense(Isa isa, const Lanes& lanes, const ValueRef& in, float* const* dst);

/// Mean over the map: in [C,H,W], out [C] or [C,1,1].
void mean_hw(Isa isa, const Lanes& lanes, const ValueRef& in, const ValueRef& out);

enum class PoolKind : uint8_t {
  kMax,
  kAverage,           ///< divisor: taps inside the padded map
  kAverageInsideMap,  ///< divisor: taps inside the map (padding not counted)
};

struct PoolShape {
  PoolKind kind = PoolKind::kMax;
  int64_t kh = 2;
  int64_t kw = 2;
  int64_t stride_y = 2;
  int64_t stride_x = 2;
  int64_t pad_top = 0;
  int64_t pad_left = 0;
  int64_t pad_bottom = 0;
  int64_t pad_right = 0;
};

/// Pooling of any window; a window without any tap in the map gives −inf (max) or 0.
/// scratch: pool_scratch_floats(out.layout) floats.
void pool(Isa isa, const Lanes& lanes, const PoolShape& shape, const ValueRef& in,
          const ValueRef& out, float* scratch);
[[nodiscard]] int64_t pool_scratch_floats(const PlaneLayout& out);

/// One axis of a resize: output i = (1 − w[i])·x[i0[i]] + w[i]·x[i1[i]]. Nearest: w = 0.
struct ResizeAxis {
  std::vector<int32_t> i0;
  std::vector<int32_t> i1;
  std::vector<float> w;
};

/// How the columns of one output vector of a resize are fetched.
struct ResizeColumn {
  int32_t base = 0;     ///< first input column of the window
  int32_t windows = 1;  ///< vectors that the window spans
};

/// A separable resize with two taps an axis; tables are the caller's (align_corners and so on).
class ResizePlan {
 public:
  /// Throws Error where tables do not fit the layouts (lengths, indices, channels).
  ResizePlan(Isa isa, const PlaneLayout& in, const PlaneLayout& out, ResizeAxis y, ResizeAxis x);
  /// Resizes all lanes; scratch: scratch_floats() floats, 64-byte aligned.
  void run(const Lanes& lanes, int64_t in_offset, int64_t out_offset, float* scratch) const;
  [[nodiscard]] int64_t scratch_floats() const { return scratch_floats_; }
  /// Bytes of the tables.
  [[nodiscard]] int64_t constant_bytes() const;

 private:
  Isa isa_;
  PlaneLayout in_;
  PlaneLayout out_;
  ResizeAxis y_;
  std::vector<ResizeColumn> columns_;
  std::vector<int32_t> x0_;  ///< per output column, relative to the window's base; padded
  std::vector<int32_t> x1_;
  std::vector<float> xw_;
  bool rows_first_ = false;
  int64_t scratch_floats_ = 0;
};

}  // namespace fovea::cpu
