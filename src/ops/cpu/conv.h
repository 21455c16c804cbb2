// Convolutions (and linear layers) on the planar layout of ops/facet_cpu.h.
//
// Every engine computes each output element in one accumulator that starts from the bias and adds
// products in the order input channel, kernel row, kernel column. So all engines, tiles and batch
// lengths give the same bits on one instruction set.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ops/cpu/isa.h"
#include "ops/facet_cpu.h"

namespace fovea::cpu {

/// A two-dimensional convolution; pads behind the map follow from the extent of `out`.
///
/// A linear layer is a 1×1 convolution between dense layouts: ic inputs, oc outputs.
struct ConvShape {
  int64_t ic = 1;  ///< input channels of all groups together
  int64_t oc = 1;  ///< output channels of all groups together
  int64_t kh = 1;
  int64_t kw = 1;
  int64_t stride_y = 1;
  int64_t stride_x = 1;
  int64_t dilation_y = 1;
  int64_t dilation_x = 1;
  int64_t groups = 1;
  int64_t pad_top = 0;
  int64_t pad_left = 0;
  PlaneLayout in;
  PlaneLayout out;

  /// Multiply-adds of one sample, padded taps included.
  [[nodiscard]] int64_t macs() const {
    return oc * (ic / groups) * kh * kw * out.height * out.width;
  }
};

enum class ConvEngine : uint8_t {
  kPlanar,    ///< vectors of positions, few output channels at a time; stride 1
  kPhases,    ///< kPlanar on the s×s phase planes of the input; any stride
  kChannels,  ///< vectors of output channels; small maps, many channels, linear layers; any shape
};
inline constexpr ConvEngine kConvEngines[] = {ConvEngine::kPlanar, ConvEngine::kPhases,
                                              ConvEngine::kChannels};

[[nodiscard]] std::string_view engine_name(ConvEngine engine);

struct ConvOptions {
  Activation activation = Activation::kNone;
  Isa isa = Isa::kPortable;          ///< one of isas(); see find_isa
  std::optional<ConvEngine> engine;  ///< absent: the one of least estimated time
};

/// A convolution with packed weights. Immutable, so threads may share it; scratch is theirs.
class ConvPlan {
 public:
  /// weights: [oc, ic/groups, kh, kw]; bias: [oc] or empty. Throws Error where sizes do not fit or
  /// options.engine refuses the shape.
  ConvPlan(const ConvShape& shape, std::span<const float> weights, std::span<const float> bias,
           const ConvOptions& options);
  ~ConvPlan();
  ConvPlan(ConvPlan&&) noexcept;
  ConvPlan& operator=(ConvPlan&&) noexcept;

  /// Why `engine` cannot do `shape`, or nothing.
  [[nodiscard]] static std::optional<std::string> refuses(ConvEngine engine,
                                                          const ConvShape& shape);
  /// Estimated cycles of one sample; only ratios between engines mean something.
  [[nodiscard]] static double estimate(ConvEngine engine, const ConvShape& shape, Isa isa);
  /// The engine of least estimate among those that accept the shape.
  [[nodiscard]] static ConvEngine choose(const ConvShape& shape, Isa isa);

  /// Computes all lanes; offsets count floats from the start of each block.
  ///
  /// scratch: scratch_floats() floats, 64-byte aligned. Returns the multiply-adds done per lane.
  int64_t run(const Lanes& lanes, int64_t in_offset, int64_t out_offset, float* scratch) const;

  [[nodiscard]] int64_t scratch_floats() const;
  /// Bytes of packed weights and tables.
  [[nodiscard]] int64_t constant_bytes() const;
  [[nodiscard]] ConvEngine engine() const;
  [[nodiscard]] const ConvShape& shape() const;

  class Impl;  ///< an engine; see conv_impl.h

 private:
  std::unique_ptr<const Impl> impl_;
};

}  // namespace fovea::cpu
