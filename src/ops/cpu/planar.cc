// The planar engine: vectors of positions, a few output channels at a time, all in registers.
//
// A convolution of stride 1 runs over the flattened plane, gap columns included, so that every
// width fills whole vectors; what was computed for gap columns is masked to zero when stored. A
// stride s is the same on the s×s phases of the input, which are split into scratch first.
#include <algorithm>
#include <cstring>
#include <limits>

#include "ops/cpu/conv_impl.h"
#include "ops/cpu/planar_kernels.h"
#include "ops/cpu/relayout_kernels.h"

namespace fovea::cpu {
namespace {

/// Everything that follows from shape and instruction set.
struct Geometry {
  int64_t step_y = 1;  ///< phases
  int64_t step_x = 1;
  std::vector<Tap> taps;
  std::vector<int> plane_of_phase;  ///< [step_y · step_x]; −1 where no tap reads the phase
  int64_t planes_per_channel = 1;
  bool in_place = false;  ///< the input is read where it is
  Grid source;            ///< layout that the kernels read
  bool direct = false;    ///< the kernels write where the output is
  Positions positions = Positions::kFlat;
  int64_t vectors = 0;
  int64_t written = 0;  ///< floats of an output plane that the kernels cover
  std::vector<int> tiles;
  int max_vectors = 1;
  double cycles = 0;
};

constexpr int64_t kFirstCacheFloats = 8192;

// Cycles of one step of a tile: multiply-adds, loads, or the latency of the accumulators.
double tile_cycles(const PlanarKernels& kernels, int channels, int64_t vectors, double load) {
  const auto products = static_cast<double>(channels * vectors);
  const double loads = load * static_cast<double>(vectors) + channels + 1;
  return std::max({products * (kernels.fused ? 0.5 : 1.0), loads / 2, 4.0});
}

void choose_tiles(const PlanarKernels& kernels, int64_t channels, int64_t k, double load,
                  Geometry& geometry) {
  geometry.cycles = std::numeric_limits<double>::infinity();
  for (int most = 1; most <= kMaxChannelTile; ++most) {
    const std::vector<int> tiles = balanced(channels, most);
    const int max_vectors = kernels.max_vectors[tiles.front()];
    double cycles = 0;
    for (const int vectors : balanced(geometry.vectors, max_vectors)) {
      for (const int tile : tiles) {
        cycles += static_cast<double>(k) * tile_cycles(kernels, tile, vectors, load);
        cycles += 20 + 2.0 * tile * vectors;
      }
    }
    if (cycles >= geometry.cycles) continue;
    geometry.cycles = cycles;
    geometry.tiles = tiles;
    geometry.max_vectors = max_vectors;
  }
}

Reach reach_of(const std::vector<Tap>& taps, const PlaneLayout& out, int64_t height,
               int64_t width) {
  Reach reach;
  for (const Tap& tap : taps) {
    reach.left = std::max(reach.left, -tap.dx);
    reach.top = std::max(reach.top, -tap.dy);
    reach.right = std::max(reach.right, tap.dx + out.width - width);
    reach.bottom = std::max(reach.bottom, tap.dy + out.height - height);
  }
  return reach;
}

Geometry make_geometry(ConvEngine engine, const ConvShape& shape, Isa isa) {
  const PlanarKernels& kernels = planar_kernels(isa);
  const int64_t lanes = kernels.vector_floats;
  const PlaneLayout& out = shape.out;
  Geometry g;
  if (engine == ConvEngine::kPhases) {
    g.step_y = shape.stride_y;
    g.step_x = shape.stride_x;
  }
  g.taps = conv_taps(shape, g.step_y, g.step_x);
  const int64_t height = (shape.in.height + g.step_y - 1) / g.step_y;
  const int64_t width = (shape.in.width + g.step_x - 1) / g.step_x;
  const Reach reach = reach_of(g.taps, out, height, width);
  g.in_place =
      engine == ConvEngine::kPlanar && reach.within(shape.in) && shape.in.row_stride >= out.width;
  g.plane_of_phase.assign(static_cast<size_t>(g.step_y * g.step_x), -1);
  for (const Tap& tap : g.taps) {
    g.plane_of_phase[static_cast<size_t>(tap.phase_y * g.step_x + tap.phase_x)] = 0;
  }
  g.planes_per_channel = 0;
  for (int& plane : g.plane_of_phase) {
    if (plane == 0) plane = static_cast<int>(g.planes_per_channel++);
  }
  if (g.in_place) {
    g.source = {
        .row_stride = shape.in.row_stride, .plane_stride = shape.in.plane_stride, .lead = 0};
  } else {
    // Rows as far apart as the output's save a copy.
    const Grid tight = Grid::make(height, width, reach, out.width);
    const bool match =
        out.row_stride >= tight.row_stride && 4 * out.row_stride <= 5 * tight.row_stride + 8;
    g.source = match ? Grid::make(height, width, reach, out.row_stride) : tight;
  }
  const int64_t rows = g.source.row_stride;
  if (kernels.short_rows != nullptr && out.width == kShortRow && rows == kShortRowStride &&
      out.height * kShortRow % lanes == 0) {
    g.positions = Positions::kShortRows;
    g.vectors = out.height * kShortRow / lanes;
    g.written = out.height * rows;
  } else {
    g.vectors = ((out.height - 1) * rows + out.width + lanes - 1) / lanes;
    g.written = g.vectors * lanes;
  }
  g.direct = rows == out.row_stride && g.written <= out.plane_stride && out.plane_stride > 1;
  const int64_t k = shape.ic / shape.groups * shape.kh * shape.kw;
  // Vectors of other taps than the centre cross cache lines; a pointwise convolution reads each
  // input once, so a large one comes from the second cache.
  const bool aligned = shape.kh * shape.kw == 1 && g.positions == Positions::kFlat &&
                       shape.in.floats() <= kFirstCacheFloats;
  const double load = aligned ? 1.0 : lanes >= 16 ? 2.0 : lanes >= 8 ? 1.5 : 1.2;
  choose_tiles(kernels, shape.oc / shape.groups, k, load, g);
  return g;
}

class PlanarConv final : public ConvPlan::Impl {
 public:
  PlanarConv(ConvEngine engine, const ConvShape& shape, const ConvConstants& constants)
      : Impl(shape, engine),
        kernels_(planar_kernels(constants.isa)),
        relayout_(relayout_kernels(constants.isa)),
        geometry_(make_geometry(engine, shape, constants.isa)),
        activation_(constants.activation),
        bias_(constants.bias.begin(), constants.bias.end()) {
    make_offsets();
    make_masks();
    pack(constants.weights);
    if (!geometry_.in_place) {
      source_floats_ =
          round_up(geometry_.source.lead +
                       shape.ic * geometry_.planes_per_channel * geometry_.source.plane_stride +
                       kVectorSlack,
                   16);
    }
    if (!geometry_.direct) {
      copy_plane_ = round_up(geometry_.written, 16);
      copy_floats_ = copy_plane_ * kMaxChannelTile + kVectorSlack;
    }
    const auto weight_floats = static_cast<int64_t>(weights_.size());
    positions_outer_ = weight_floats <= (int64_t{1} << 16) ||
                       weight_floats <= shape.ic * geometry_.source.plane_stride;
  }

  int64_t run(const Lanes& lanes, int64_t in_offset, int64_t out_offset,
              float* scratch) const override {
    int64_t macs = 0;
    for (int lane = 0; lane < lanes.n; ++lane) {
      const float* source = lanes.blocks[lane] + in_offset;
      if (!geometry_.in_place) {
        fill_source(source, scratch);
        source = scratch + geometry_.source.lead;
      }
      macs = run_lane(source, lanes.blocks[lane] + out_offset, scratch + source_floats_);
    }
    return macs;
  }

  [[nodiscard]] int64_t scratch_floats() const override { return source_floats_ + copy_floats_; }
  [[nodiscard]] int64_t constant_bytes() const override {
    return static_cast<int64_t>((weights_.size() + bias_.size()) * sizeof(float) +
                                offsets_.size() * sizeof(int32_t) + masks_.size());
  }

 private:
  void make_offsets() {
    for (int64_t c = 0; c < shape().ic / shape().groups; ++c) {
      for (const Tap& tap : geometry_.taps) {
        const auto phase = static_cast<size_t>(tap.phase_y * geometry_.step_x + tap.phase_x);
        const int64_t plane = c * geometry_.planes_per_channel + geometry_.plane_of_phase[phase];
        offsets_.push_back(static_cast<int32_t>(plane * geometry_.source.plane_stride +
                                                tap.dy * geometry_.source.row_stride + tap.dx));
      }
    }
  }

  void make_masks() {
    const int64_t lanes = kernels_.vector_floats;
    masks_.assign(static_cast<size_t>(geometry_.vectors * kernels_.mask_bytes + 8), 0);
    const int64_t rows = geometry_.source.row_stride;
    for (int64_t p = 0; p < geometry_.vectors * lanes; ++p) {
      if (p / rows >= shape().out.height || p % rows >= shape().out.width) continue;
      const int64_t bit = p % lanes;
      masks_[static_cast<size_t>(p / lanes * kernels_.mask_bytes + bit / 8)] |=
          static_cast<uint8_t>(1U << (bit % 8));
    }
  }

  void pack(std::span<const float> weights) {
    const auto k = static_cast<int64_t>(offsets_.size());
    weights_.reserve(weights.size());
    int64_t channel = 0;
    for (int64_t group = 0; group < shape().groups; ++group) {
      for (const int tile : geometry_.tiles) {
        for (int64_t i = 0; i < k; ++i) {
          for (int64_t o = 0; o < tile; ++o) {
            weights_.push_back(weights[static_cast<size_t>((channel + o) * k + i)]);
          }
        }
        channel += tile;
      }
    }
  }

  void fill_source(const float* in, float* scratch) const {
    const Grid& grid = geometry_.source;
    std::memset(scratch, 0, static_cast<size_t>(grid.lead) * sizeof(float));
    float* plane = scratch + grid.lead;
    for (int64_t c = 0; c < shape().ic; ++c) {
      relayout_.split({.src = in + c * shape().in.plane_stride,
                       .src_stride = shape().in.row_stride,
                       .height = shape().in.height,
                       .width = shape().in.width,
                       .stride_y = geometry_.step_y,
                       .stride_x = geometry_.step_x,
                       .dst = plane,
                       .planes = geometry_.plane_of_phase.data(),
                       .dst_stride = grid.row_stride,
                       .dst_floats = grid.plane_stride});
      plane += geometry_.planes_per_channel * grid.plane_stride;
    }
  }

  int64_t run_lane(const float* source, float* out, float* copy) const {
    const auto kernel =
        geometry_.positions == Positions::kFlat ? kernels_.flat : kernels_.short_rows;
    const int64_t in_channels = shape().ic / shape().groups;
    const int64_t out_channels = shape().oc / shape().groups;
    PlanarJob job{.in = source,
                  .offsets = offsets_.data(),
                  .k = static_cast<int64_t>(offsets_.size()),
                  .weights = weights_.data(),
                  .bias = bias_.data(),
                  .tiles = geometry_.tiles,
                  .masks = masks_.data(),
                  .vectors = geometry_.vectors,
                  .max_vectors = geometry_.max_vectors,
                  .positions_outer = positions_outer_,
                  .out = out,
                  .out_plane = shape().out.plane_stride,
                  .written = geometry_.written,
                  .activation = activation_};
    int64_t products = 0;
    for (int64_t group = 0; group < shape().groups; ++group) {
      products += geometry_.direct ? kernel(job) : run_copied(kernel, job, copy);
      job.in += in_channels * geometry_.planes_per_channel * geometry_.source.plane_stride;
      job.weights += out_channels * job.k;
      job.bias += out_channels;
      job.out += out_channels * job.out_plane;
    }
    return products * shape().out.height * shape().out.width;
  }

  /// Computes tile by tile into scratch, then copies the rows to where they belong.
  int64_t run_copied(int64_t (*kernel)(const PlanarJob&), PlanarJob job, float* copy) const {
    float* out = job.out;
    const int64_t out_plane = job.out_plane;
    job.out = copy;
    job.out_plane = copy_plane_;
    job.written = copy_plane_;
    int64_t products = 0;
    for (size_t i = 0; i < geometry_.tiles.size(); ++i) {
      const int tile = geometry_.tiles[i];
      job.tiles = std::span(geometry_.tiles).subspan(i, 1);
      products += kernel(job);
      for (int o = 0; o < tile; ++o) {
        relayout_.copy_rows({.src = copy + o * copy_plane_,
                             .src_stride = geometry_.source.row_stride,
                             .src_floats = copy_plane_ + kVectorSlack,
                             .dst = out,
                             .dst_stride = shape().out.row_stride,
                             .dst_floats = out_plane,
                             .height = shape().out.height,
                             .width = shape().out.width});
        out += out_plane;
      }
      job.weights += tile * job.k;
      job.bias += tile;
    }
    return products;
  }

  const PlanarKernels& kernels_;
  const RelayoutKernels& relayout_;
  Geometry geometry_;
  Activation activation_;
  std::vector<float> weights_;
  std::vector<float> bias_;
  std::vector<int32_t> offsets_;
  std::vector<uint8_t> masks_;
  bool positions_outer_ = true;
  int64_t source_floats_ = 0;
  int64_t copy_floats_ = 0;
  int64_t copy_plane_ = 0;
};

}  // namespace

std::unique_ptr<const ConvPlan::Impl> make_planar(ConvEngine engine, const ConvShape& shape,
                                                  const ConvConstants& constants) {
  return std::make_unique<const PlanarConv>(engine, shape, constants);
}

double estimate_planar(ConvEngine engine, const ConvShape& shape, Isa isa) {
  const Geometry geometry = make_geometry(engine, shape, isa);
  const auto lanes = static_cast<double>(planar_kernels(isa).vector_floats);
  double cycles = static_cast<double>(shape.groups) * geometry.cycles;
  if (!geometry.in_place) {
    const auto row_vectors = static_cast<double>(shape.in.width) / lanes + 1;
    cycles += static_cast<double>(shape.ic * shape.in.height) * (3 * row_vectors + 2);
  }
  if (!geometry.direct) {
    const auto row_vectors = static_cast<double>(shape.out.width) / lanes + 1;
    cycles += static_cast<double>(shape.oc * shape.out.height) * (2 * row_vectors + 2);
  }
  return cycles;
}

}  // namespace fovea::cpu
