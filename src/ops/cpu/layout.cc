#include "ops/facet_cpu.h"

namespace fovea {

PlaneLayout PlaneLayout::of(const Shape& shape, int64_t gap) {
  PlaneLayout layout;
  if (shape.rank() != 3 || shape[1] * shape[2] == 1) {
    layout.channels = shape.numel();
    return layout;
  }
  layout.channels = shape[0];
  layout.height = shape[1];
  layout.width = shape[2];
  layout.gap = gap;
  layout.row_stride = layout.width + gap;
  const int64_t floats = layout.height * layout.row_stride + gap * layout.row_stride + gap;
  layout.plane_stride = (floats + 15) / 16 * 16;
  return layout;
}

}  // namespace fovea
