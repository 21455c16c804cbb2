// Convolutions as sums over taps: the pass forward and the gradient of the source alike.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "fast_training/conv_kernels.h"
#include "fast_training/map_kernels.h"
#include "fast_training/maps.h"

namespace fovea::fast {

/// What kernels need to know at run time.
struct Kernels {
  const ConvKernels& conv;
  const MapKernels& maps;
};

/// One convolution of one group of channels, per sample.
struct ConvShape {
  int64_t ic = 1;
  int64_t oc = 1;
  int64_t h = 1;
  int64_t w = 1;
  int64_t oh = 1;
  int64_t ow = 1;
  int64_t kh = 1;
  int64_t kw = 1;
  int64_t stride_h = 1;
  int64_t stride_w = 1;
  int64_t dilation_h = 1;
  int64_t dilation_w = 1;
  int64_t top = 0;
  int64_t left = 0;
};

/// A source pixel relative to the pixel that a result starts from, and its weight.
struct GatherTap {
  int64_t y = 0;
  int64_t x = 0;
  int32_t weight = 0;
};

/// Results on a grid of rows and columns that all have the same taps. A gradient through a stride
/// has stride_h·stride_w of them.
struct GatherPhase {
  int64_t rows = 0;
  int64_t cols = 0;
  int64_t dst_y = 0;
  int64_t dst_x = 0;
  std::vector<GatherTap> taps;
};

/// Where taps of a padded source lie.
struct GatherWindow {
  int64_t top = 0;      ///< rows read above the first
  int64_t left = 0;     ///< columns read before the first
  int64_t bottom = 0;   ///< last row read by the first result
  int64_t cols = 0;     ///< of a packed row
  bool inside = false;  ///< nothing is read outside the map
};

/// A plan for one convolution. Not thread-safe: weights are packed into it.
class Gather {
 public:
  /// src [ic,h,w] -> [oc,oh,ow].
  static Gather forward(const ConvShape& shape, int lanes);
  /// Gradient of the result [oc,oh,ow] -> gradient of src [ic,h,w].
  static Gather backward(const ConvShape& shape, int lanes);

  /// weight [oc, ic, kh, kw] of the convolution.
  void set_weights(const Kernels& kernels, const float* weight);
  /// bias [channels of dst] or null. scratch: scratch_floats(), aligned as vectors are.
  void run(const Kernels& kernels, const Maps& src, const Maps& dst, const float* bias, Write write,
           int64_t groups, float* scratch) const;
  [[nodiscard]] int64_t scratch_floats() const;

 private:
  struct Tables {
    std::vector<int32_t> src_at;  ///< by pixel of a band
    std::vector<int32_t> dst_at;
    std::vector<int32_t> tap_at;
    std::vector<int32_t> tap_weight;
    std::vector<float> weight;
    std::vector<std::pair<int32_t, int32_t>> row_taps;  ///< by row: those that meet the map
  };
  Gather() = default;
  void finish(int lanes);
  [[nodiscard]] std::pair<int32_t, int32_t> taps_of_row(const GatherPhase& phase, int64_t y) const;
  void run_band(const Kernels& kernels, const GatherJob& job, int64_t row0, int64_t rows) const;
  [[nodiscard]] int64_t band_src_rows(int64_t rows) const;
  [[nodiscard]] int64_t band_plane(int64_t rows) const;

  int lanes_ = 1;
  int64_t ic_ = 1;  ///< of this sum; the convolution's oc where it is a gradient
  int64_t oc_ = 1;
  int64_t src_h_ = 1;
  int64_t src_w_ = 1;
  int64_t dst_w_ = 1;
  int64_t src_step_y_ = 1;
  int64_t src_step_x_ = 1;
  int64_t dst_step_y_ = 1;
  int64_t dst_step_x_ = 1;
  int64_t o_step_ = 1;  ///< of the weight's layout
  int64_t i_step_ = 1;
  int64_t rows_ = 0;  ///< most rows of a phase
  int64_t band_rows_ = 0;
  GatherWindow window_;
  std::vector<GatherPhase> phases_;
  std::vector<Tables> tables_;
};

/// What the taps of `phases` read of a source of h × w.
[[nodiscard]] GatherWindow window_of(const std::vector<GatherPhase>& phases, int64_t step_y,
                                     int64_t step_x, int64_t h, int64_t w);
/// The only phase of a pass forward.
[[nodiscard]] GatherPhase forward_phase(const ConvShape& shape);

}  // namespace fovea::fast
