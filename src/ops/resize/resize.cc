#include "ops/resize/resize.h"

#include <algorithm>
#include <cmath>

namespace fovea {
namespace {

std::vector<ValueType> infer(const NodeView& view) {
  const auto& a = view.attributes<Resize>();
  const Shape& src = view.input(0);
  require(!view.input_type(0).decision && src.rank() == 3, view, "src must be a map", "[C,H,W]");
  require(a.size.h >= 1 && a.size.w >= 1, view, "size is at least 1x1", "1x1 or more",
          std::to_string(a.size.h) + "x" + std::to_string(a.size.w));
  return {{.shape = {src[0], a.size.h, a.size.w}}};
}

Cost cost(const NodeView& view) {
  const bool same = view.input(0) == view.output();
  return {.scalar_ops = same ? 0 : 4 * view.output().numel()};
}

/// Two taps at the place p of the input axis.
void linear_taps(ResizeAxis& axis, float p) {
  const auto low = static_cast<int32_t>(std::min(std::floor(p), static_cast<float>(axis.n_in - 1)));
  const auto high = std::min(low + 1, static_cast<int32_t>(axis.n_in - 1));
  const float w = p - static_cast<float>(low);
  axis.index.insert(axis.index.end(), {low, high});
  axis.weight.insert(axis.weight.end(), {1.0F - w, w});
}

void area_taps(ResizeAxis& axis, int64_t o) {
  const double scale = static_cast<double>(axis.n_in) / static_cast<double>(axis.n_out);
  const double begin = static_cast<double>(o) * scale;
  const double end = begin + scale;
  const auto first = static_cast<int64_t>(std::floor(begin));
  for (int64_t t = 0; t < axis.taps; ++t) {
    const int64_t i = std::min(first + t, axis.n_in - 1);
    const double covered = std::min(end, static_cast<double>(first + t + 1)) -
                           std::max(begin, static_cast<double>(first + t));
    const bool inside = first + t < axis.n_in && covered > 0;
    axis.index.push_back(static_cast<int32_t>(i));
    axis.weight.push_back(inside ? static_cast<float>(covered / scale) : 0.0F);
  }
}

}  // namespace

ResizeAxis resize_axis(ResizeMode mode, int64_t n_in, int64_t n_out) {
  ResizeAxis axis{.n_in = n_in, .n_out = n_out, .taps = 2};
  if (mode == ResizeMode::kNearest) axis.taps = 1;
  if (mode == ResizeMode::kArea) axis.taps = (n_in + n_out - 1) / n_out + 1;
  const float aligned =
      n_out == 1 ? 0.0F : static_cast<float>(n_in - 1) / static_cast<float>(n_out - 1);
  const float centred = static_cast<float>(n_in) / static_cast<float>(n_out);
  for (int64_t o = 0; o < n_out; ++o) {
    switch (mode) {
      case ResizeMode::kBilinearAligned:
        linear_taps(axis, aligned * static_cast<float>(o));
        break;
      case ResizeMode::kBilinear:
        linear_taps(axis, std::max(0.0F, centred * (static_cast<float>(o) + 0.5F) - 0.5F));
        break;
      case ResizeMode::kNearest:
        axis.index.push_back(static_cast<int32_t>(
            std::min(static_cast<int64_t>(std::floor(static_cast<float>(o) * centred)), n_in - 1)));
        axis.weight.push_back(1.0F);
        break;
      case ResizeMode::kArea:
        area_taps(axis, o);
        break;
    }
  }
  return axis;
}

const OpDef& op_resize() {
  static const OpDef def{.name = "resize",
                         .summary = "resampling of a map to another size",
                         .attributes = internal::attribute_type<Resize>,
                         .inputs = {"src"},
                         .infer = infer,
                         .cost = cost};
  return def;
}

}  // namespace fovea
