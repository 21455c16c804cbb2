#include "ops/cpu/conv.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fovea/error.h"
#include "ops/cpu/conv_impl.h"

namespace fovea::cpu {
namespace {

[[noreturn]] void fail(std::string what, std::string expected, std::string found) {
  throw Error({.kind = ErrorKind::kInternal,
               .what = std::move(what),
               .where = "convolution",
               .expected = std::move(expected),
               .found = std::move(found),
               .hint = {}});
}

void check(std::string_view what, int64_t expected, int64_t found) {
  if (expected != found) fail(std::string(what), std::to_string(expected), std::to_string(found));
}

/// Offsets of taps are 32-bit; layouts in scratch are a little larger than the input.
constexpr int64_t kMaxInputFloats = int64_t{1} << 29;

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

}  // namespace

std::string_view engine_name(ConvEngine engine) {
  switch (engine) {
    case ConvEngine::kPlanar:
      return "planar";
    case ConvEngine::kPhases:
      return "phases";
    case ConvEngine::kChannels:
      return "channels";
  }
  return "?";
}

bool Reach::within(const PlaneLayout& layout) const {
  return std::max({left, right, top, bottom}) <= layout.gap;
}

Grid Grid::make(int64_t height, int64_t width, const Reach& reach, int64_t least_row) {
  Grid grid;
  const int64_t columns = std::max(reach.left, reach.right);
  grid.row_stride = std::max(width + columns, least_row);
  const int64_t rows = std::max(reach.top, reach.bottom);
  grid.lead = round_up(reach.top * grid.row_stride + columns, 16);
  // One vector more lets the kernels write rows in whole vectors.
  grid.plane_stride = round_up((height + rows) * grid.row_stride + columns + 16, 16);
  return grid;
}

std::vector<Tap> conv_taps(const ConvShape& shape, int64_t step_y, int64_t step_x) {
  std::vector<Tap> taps;
  for (int64_t ky = 0; ky < shape.kh; ++ky) {
    for (int64_t kx = 0; kx < shape.kw; ++kx) {
      const int64_t y = ky * shape.dilation_y - shape.pad_top;
      const int64_t x = kx * shape.dilation_x - shape.pad_left;
      Tap tap;
      tap.dy = floor_div(y, step_y);
      tap.dx = floor_div(x, step_x);
      tap.phase_y = y - tap.dy * step_y;
      tap.phase_x = x - tap.dx * step_x;
      taps.push_back(tap);
    }
  }
  return taps;
}

std::vector<int> balanced(int64_t n, int64_t most) {
  const int64_t parts = (n + most - 1) / most;
  std::vector<int> sizes(static_cast<size_t>(parts), static_cast<int>(n / parts));
  for (int64_t i = 0; i < n % parts; ++i) sizes[static_cast<size_t>(i)] += 1;
  return sizes;
}

std::optional<std::string> ConvPlan::refuses(ConvEngine engine, const ConvShape& shape) {
  const bool strided = shape.stride_y != 1 || shape.stride_x != 1;
  if (engine == ConvEngine::kPlanar && strided) return "stride is not 1";
  if (engine == ConvEngine::kPhases && !strided) return "stride is 1";
  return std::nullopt;
}

double ConvPlan::estimate(ConvEngine engine, const ConvShape& shape, Isa isa) {
  return engine == ConvEngine::kChannels ? estimate_channels(shape, isa)
                                         : estimate_planar(engine, shape, isa);
}

ConvEngine ConvPlan::choose(const ConvShape& shape, Isa isa) {
  ConvEngine best = ConvEngine::kChannels;
  double least = estimate(best, shape, isa);
  for (const ConvEngine engine : {ConvEngine::kPlanar, ConvEngine::kPhases}) {
    if (refuses(engine, shape)) continue;
    const double cycles = estimate(engine, shape, isa);
    if (cycles < least) {
      least = cycles;
      best = engine;
    }
  }
  return best;
}

ConvPlan::ConvPlan(const ConvShape& shape, std::span<const float> weights,
                   std::span<const float> bias, const ConvOptions& options) {
  for (const int64_t extent :
       {shape.ic, shape.oc, shape.kh, shape.kw, shape.stride_y, shape.stride_x, shape.dilation_y,
        shape.dilation_x, shape.groups, shape.out.height, shape.out.width}) {
    if (extent < 1) fail("extent below 1", "at least 1", std::to_string(extent));
  }
  if (shape.in.floats() > kMaxInputFloats) {
    fail("input is too large", "at most " + std::to_string(kMaxInputFloats) + " floats",
         std::to_string(shape.in.floats()));
  }
  check("input channels do not divide into groups", 0, shape.ic % shape.groups);
  check("output channels do not divide into groups", 0, shape.oc % shape.groups);
  check("channels of the input", shape.ic, shape.in.channels);
  check("channels of the output", shape.oc, shape.out.channels);
  check("weights", shape.oc * (shape.ic / shape.groups) * shape.kh * shape.kw,
        static_cast<int64_t>(weights.size()));
  std::vector<float> zeros;
  if (bias.empty()) {
    zeros.resize(static_cast<size_t>(shape.oc));
    bias = zeros;
  }
  check("biases", shape.oc, static_cast<int64_t>(bias.size()));
  const ConvEngine engine = options.engine.value_or(choose(shape, options.isa));
  if (const auto reason = refuses(engine, shape)) {
    fail(std::string(engine_name(engine)) + " engine refuses the shape", {}, *reason);
  }
  const ConvConstants constants{
      .weights = weights, .bias = bias, .activation = options.activation, .isa = options.isa};
  impl_ = engine == ConvEngine::kChannels ? make_channels(shape, constants)
                                          : make_planar(engine, shape, constants);
}

ConvPlan::~ConvPlan() = default;
ConvPlan::ConvPlan(ConvPlan&&) noexcept = default;
ConvPlan& ConvPlan::operator=(ConvPlan&&) noexcept = default;

int64_t ConvPlan::run(const Lanes& lanes, int64_t in_offset, int64_t out_offset,
                      float* scratch) const {
  return impl_->run(lanes, in_offset, out_offset, scratch);
}

int64_t ConvPlan::scratch_floats() const { return impl_->scratch_floats(); }
int64_t ConvPlan::constant_bytes() const { return impl_->constant_bytes(); }
ConvEngine ConvPlan::engine() const { return impl_->engine(); }
const ConvShape& ConvPlan::shape() const { return impl_->shape(); }

}  // namespace fovea::cpu
