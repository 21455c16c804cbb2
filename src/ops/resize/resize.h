// Resampling of maps to another size.
#pragma once

#include <array>
#include <tuple>

#include "graph/attributes.h"
#include "graph/op_def.h"

namespace fovea {

enum class ResizeMode : uint8_t {
  kBilinearAligned,  ///< corners of input and output coincide (specs/ranet.md 2.8)
  kBilinear,         ///< pixel centres: p = (o + 0.5)·in/out − 0.5, clamped
  kNearest,          ///< floor(o·in/out)
  kArea,             ///< mean over the covered interval
};
template <>
inline constexpr std::array<std::string_view, 4> kEnumNames<ResizeMode>{
    "bilinear_aligned", "bilinear", "nearest", "area"};

/// src [C,H,W] -> [C,size.h,size.w]. Equal sizes are the identity in every mode.
struct Resize {
  Extent2 size{1, 1};
  ResizeMode mode = ResizeMode::kBilinearAligned;

  static constexpr auto fields() {
    return std::tuple{Field{"size", &Resize::size, "height and width of the result"},
                      Field{"mode", &Resize::mode, "how places between pixels are read"}};
  }
  bool operator==(const Resize&) const = default;
};

const OpDef& op_resize();

/// The linear map of one axis: output o is the sum over taps t of weight[t]·input[index[t]].
/// All rows have the same number of taps (padded with weight 0). float32 arithmetic as the
/// published programs compute it.
struct ResizeAxis {
  int64_t n_in = 0;
  int64_t n_out = 0;
  int64_t taps = 0;
  std::vector<int32_t> index;  ///< [n_out, taps]
  std::vector<float> weight;   ///< [n_out, taps]
};
ResizeAxis resize_axis(ResizeMode mode, int64_t n_in, int64_t n_out);

}  // namespace fovea
