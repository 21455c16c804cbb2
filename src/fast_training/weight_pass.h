// Gradients of a convolution's weights.
#pragma once

#include <cstdint>
#include <vector>

#include "fast_training/gather.h"

namespace fovea::fast {

/// A plan for the weights of one convolution of one group of channels. Thread-safe.
class WeightPass {
 public:
  WeightPass(const ConvShape& shape, int lanes);
  /// grads [oc, ic, kh, kw] += sum over samples and pixels of dy·src.
  void run(const Kernels& kernels, const Maps& src, const Maps& dy, int64_t groups, float* grads,
           float* scratch) const;
  [[nodiscard]] int64_t scratch_floats(int64_t groups) const;

 private:
  /// Taps that go over the same rows of results.
  struct Part {
    int64_t begin = 0;  ///< rows of results whose sources lie in the map
    int64_t end = 0;
    std::vector<int32_t> at;  ///< source of (channel, tap), from the first row packed
    std::vector<int32_t> to;  ///< place among the weights of one output channel
  };
  void add_part(int64_t first_tap, int64_t end_tap);
  [[nodiscard]] int64_t band_src_rows(int64_t rows) const;
  void run_rows(const Kernels& kernels, const WeightJob& job, int64_t row0, int64_t rows) const;

  ConvShape shape_;
  int lanes_;
  GatherWindow window_;
  GatherPhase phase_;
  int64_t band_rows_ = 1;
  int64_t band_plane_ = 0;  ///< floats
  int64_t chunk_rows_ = 1;  ///< rows of results for one pass over the weights
  int64_t chunk_groups_ = 1;
  std::vector<Part> parts_;
};

}  // namespace fovea::fast
