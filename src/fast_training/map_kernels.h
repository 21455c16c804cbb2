// Work on maps other than multiply-adds: normalisation, activations, linear maps, copies.
#pragma once

#include <cstdint>

#include "fast_training/maps.h"
#include "ops/cpu/isa.h"

namespace fovea::fast {

enum class Curve : uint8_t { kNone, kRelu, kRelu6 };
enum class Write : uint8_t { kSet, kAdd };

/// Rows [row0, row0 + rows) of planes with `left` zeros before each row and zeros wherever the map
/// is not. All distances are in floats.
struct PackJob {
  const float* src = nullptr;
  int64_t src_plane = 0;
  int64_t h = 1;
  int64_t w = 1;
  int64_t row0 = 0;  ///< may be negative
  int64_t rows = 1;
  int64_t left = 0;
  int64_t cols = 1;  ///< of a packed row; columns of the map that do not fit are left out
  int64_t planes = 1;
  float* dst = nullptr;
  int64_t dst_plane = 0;
};

/// One channel of all groups, and its gradients.
struct NormJob {
  const float* src = nullptr;  ///< before normalisation
  int64_t src_group = 0;
  float* dst = nullptr;  ///< forward: the result; backward: gradient of src
  int64_t dst_group = 0;
  const float* dy = nullptr;  ///< backward: gradient of the result; may be dst
  int64_t dy_group = 0;
  int64_t vectors = 1;  ///< of a plane
  Samples samples;
  Curve curve = Curve::kNone;
  float scale = 1;  ///< result = curve(scale·src + shift)
  float shift = 0;
  float mean = 0;
  float slope = 0;   ///< backward: dst = scale·g + slope·(src − mean) + offset
  float offset = 0;  ///< in lanes that are samples
  Write write = Write::kSet;
};

/// Sums over the samples of a channel.
struct NormSums {
  double plain = 0;     ///< backward: of g, the gradient behind the curve
  double weighted = 0;  ///< backward: of g·(src − mean)
};

/// A sparse linear map of planes: dst[o] = sum of weight[k]·src[at[k]], k in
/// [begin[o], begin[o + 1]); `at` in floats.
struct LinearMapJob {
  const float* src = nullptr;
  float* dst = nullptr;
  const int32_t* begin = nullptr;
  const int32_t* at = nullptr;
  const float* weight = nullptr;
  int64_t outputs = 0;
  Write write = Write::kSet;
};

/// Windows of a maximum; taps of output o are at [begin[o], begin[o + 1]). Among equal values the
/// first tap has the gradient.
struct MaxJob {
  const float* src = nullptr;
  float* dst = nullptr;       ///< forward
  const float* dy = nullptr;  ///< backward
  float* src_grad = nullptr;  ///< backward, added to
  const int32_t* begin = nullptr;
  const int32_t* at = nullptr;
  int64_t outputs = 0;
};

struct MapKernels {
  void (*pack)(const PackJob& job) = nullptr;
  /// Mean of a channel over samples and pixels.
  double (*mean)(const NormJob& job) = nullptr;
  /// Mean square distance from job.mean.
  double (*variance)(const NormJob& job) = nullptr;
  void (*normalise)(const NormJob& job) = nullptr;
  NormSums (*norm_sums)(const NormJob& job) = nullptr;
  void (*norm_gradient)(const NormJob& job) = nullptr;
  /// dst = curve(src), n floats.
  void (*curve)(Curve curve, const float* src, float* dst, int64_t n) = nullptr;
  /// dst = or += dy where result is not cut off; n floats.
  void (*curve_gradient)(Curve curve, const float* result, const float* dy, float* dst, int64_t n,
                         Write write) = nullptr;
  /// dst = or += src, n floats.
  void (*copy)(const float* src, float* dst, int64_t n, Write write) = nullptr;
  void (*linear_map)(const LinearMapJob& job) = nullptr;
  void (*maximum)(const MaxJob& job) = nullptr;
  void (*maximum_gradient)(const MaxJob& job) = nullptr;
};

[[nodiscard]] const MapKernels& map_kernels(cpu::Isa isa);

}  // namespace fovea::fast
