// The engines behind ConvPlan, and what they share.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ops/cpu/conv.h"

namespace fovea::cpu {

class ConvPlan::Impl {
 public:
  Impl(const ConvShape& shape, ConvEngine engine) : shape_(shape), engine_(engine) {}
  virtual ~Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  virtual int64_t run(const Lanes& lanes, int64_t in_offset, int64_t out_offset,
                      float* scratch) const = 0;
  [[nodiscard]] virtual int64_t scratch_floats() const = 0;
  [[nodiscard]] virtual int64_t constant_bytes() const = 0;
  [[nodiscard]] ConvEngine engine() const { return engine_; }
  [[nodiscard]] const ConvShape& shape() const { return shape_; }

 private:
  ConvShape shape_;
  ConvEngine engine_;
};

/// Constants of an engine under construction.
struct ConvConstants {
  std::span<const float> weights;  ///< [oc, ic/groups, kh, kw]
  std::span<const float> bias;     ///< [oc]
  Activation activation = Activation::kNone;
  Isa isa = Isa::kPortable;
};

/// kPlanar and kPhases.
[[nodiscard]] std::unique_ptr<const ConvPlan::Impl> make_planar(ConvEngine engine,
                                                                const ConvShape& shape,
                                                                const ConvConstants& constants);
[[nodiscard]] double estimate_planar(ConvEngine engine, const ConvShape& shape, Isa isa);

[[nodiscard]] std::unique_ptr<const ConvPlan::Impl> make_channels(const ConvShape& shape,
                                                                  const ConvConstants& constants);
[[nodiscard]] double estimate_channels(const ConvShape& shape, Isa isa);

/// Zeros that taps reach around a map, in columns and rows.
struct Reach {
  int64_t left = 0;
  int64_t right = 0;
  int64_t top = 0;
  int64_t bottom = 0;

  /// Whether the zeros of `layout` are enough, so that its values can be read in place.
  [[nodiscard]] bool within(const PlaneLayout& layout) const;
};

/// A zero-bordered layout in scratch.
struct Grid {
  int64_t row_stride = 0;
  int64_t plane_stride = 0;
  int64_t lead = 0;

  /// Planes of height × width with the zeros of `reach`, rows at least `least_row` apart.
  static Grid make(int64_t height, int64_t width, const Reach& reach, int64_t least_row);
};

/// Where a tap of a convolution finds its input.
struct Tap {
  int64_t phase_y = 0;
  int64_t phase_x = 0;
  int64_t dy = 0;  ///< rows from the output's row, within the phase
  int64_t dx = 0;
};

/// Taps in the order kernel row, kernel column; phases of stride step_y × step_x.
[[nodiscard]] std::vector<Tap> conv_taps(const ConvShape& shape, int64_t step_y, int64_t step_x);

/// Extents n cut into the fewest parts of at most `most`, sizes differing by at most one.
[[nodiscard]] std::vector<int> balanced(int64_t n, int64_t most);

[[nodiscard]] constexpr int64_t round_up(int64_t n, int64_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

}  // namespace fovea::cpu
