// Copies between layouts and the split of a map into phases.
#pragma once

#include <cstdint>

#include "ops/cpu/isa.h"

namespace fovea::cpu {

/// Rows of one plane copied to rows of another.
struct RowsJob {
  const float* src = nullptr;
  int64_t src_stride = 0;  ///< floats from row to row
  int64_t src_floats = 0;  ///< floats from `src` that may be read
  float* dst = nullptr;
  int64_t dst_stride = 0;
  int64_t dst_floats = 0;  ///< floats from `dst` that may be written; rows are written in order
  int64_t height = 0;
  int64_t width = 0;
};

/// One plane cut into stride_y × stride_x phases: phase (a,b) holds
/// src[y·stride_y+a][x·stride_x+b].
///
/// Phase planes must be cut in ascending order; less than one vector is written behind each.
struct SplitJob {
  const float* src = nullptr;
  int64_t src_stride = 0;
  int64_t height = 0;
  int64_t width = 0;
  int64_t stride_y = 1;
  int64_t stride_x = 1;
  float* dst = nullptr;         ///< first of the phase planes
  const int* planes = nullptr;  ///< [stride_y · stride_x] which plane holds a phase; −1: not wanted
  int64_t dst_stride = 0;
  /// Floats from phase plane to phase plane; at least one vector more than the rows.
  int64_t dst_floats = 0;
};

struct RelayoutKernels {
  /// Copies rows and sets the rest of dst_floats to zero.
  void (*copy_rows)(const RowsJob& job) = nullptr;
  /// Copies rows to a dense plane (dst_stride = width); what lies behind it is left alone but may
  /// be overwritten within dst_floats.
  void (*pack_rows)(const RowsJob& job) = nullptr;
  /// Splits; zeros around the maps included.
  void (*split)(const SplitJob& job) = nullptr;
};

[[nodiscard]] const RelayoutKernels& relayout_kernels(Isa isa);

}  // namespace fovea::cpu
