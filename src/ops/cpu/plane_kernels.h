// Elementwise work on rows of planes, and sums over planes.
#pragma once

#include <cstdint>

#include "ops/cpu/isa.h"
#include "ops/facet_cpu.h"

namespace fovea::cpu {

enum class RowOp : uint8_t {
  kAffine,  ///< src · scale + shift
  kAdd,     ///< src + other
  kSub,     ///< src − other
  kMul,     ///< src · other
};

/// dst = act(op(src)) on one plane; what lies in [0, dst_floats) outside the rows becomes zero.
struct RowsTransform {
  RowOp op = RowOp::kAffine;
  Activation activation = Activation::kNone;
  const float* src = nullptr;
  int64_t src_stride = 0;
  const float* other = nullptr;
  int64_t other_stride = 0;
  float scale = 1.0F;
  float shift = 0.0F;
  float* dst = nullptr;  ///< may be `src` with equal strides
  int64_t dst_stride = 0;
  int64_t dst_floats = 0;
  int64_t height = 1;
  int64_t width = 0;
};

struct PlaneKernels {
  void (*transform)(const RowsTransform& job) = nullptr;
  /// Sum of n floats; the order of additions depends on n alone.
  float (*sum)(const float* src, int64_t n) = nullptr;
};

[[nodiscard]] const PlaneKernels& plane_kernels(Isa isa);

}  // namespace fovea::cpu
