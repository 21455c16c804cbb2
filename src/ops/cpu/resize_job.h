// The inner loops of ResizePlan.
#pragma once

#include <cstdint>

#include "ops/cpu/simple.h"

namespace fovea::cpu {

/// Planes to be resized, with the tables of ResizePlan.
struct ResizeJob {
  const float* src = nullptr;
  int64_t src_height = 0;
  int64_t src_width = 0;
  int64_t src_stride = 0;
  int64_t src_floats = 0;  ///< from plane to plane
  float* dst = nullptr;
  int64_t dst_height = 0;
  int64_t dst_width = 0;
  int64_t dst_stride = 0;
  int64_t dst_floats = 0;
  int64_t n_planes = 0;
  const int32_t* y0 = nullptr;
  const int32_t* y1 = nullptr;
  const float* yw = nullptr;
  const ResizeColumn* columns = nullptr;  ///< [n_columns]
  int64_t n_columns = 0;                  ///< vectors of an output row
  const int32_t* x0 = nullptr;            ///< [n_columns vectors] relative to the column's window
  const int32_t* x1 = nullptr;
  const float* xw = nullptr;
  bool rows_first = false;
  float* scratch = nullptr;
};

using ResizeKernel = void (*)(const ResizeJob& job);

[[nodiscard]] ResizeKernel resize_kernel(Isa isa);

}  // namespace fovea::cpu
