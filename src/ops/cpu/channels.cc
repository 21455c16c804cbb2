// The channels engine: vectors of output channels, one broadcast input for each output position.
//
// Positions of all samples of a micro-batch are rows of one matrix product without a copy of the
// input: a row is a pointer, a tap an offset common to all rows. Weights are read once per row
// group, and a stretch of taps whose weights fit the first cache is applied to all rows before the
// next.
#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "ops/cpu/channels_kernels.h"
#include "ops/cpu/conv_impl.h"
#include "ops/cpu/relayout_kernels.h"

namespace fovea::cpu {
namespace {

/// Most rows that share one reading of the weights.
constexpr int64_t kMaxRows = 256;
/// Samples copied to scratch at once where the input cannot be read in place.
constexpr int64_t kMaxCopied = 16;
/// Floats of packed weights that one stretch of taps may have.
constexpr int64_t kStretchFloats = 8192;

double tile_cycles(const ChannelsKernels& kernels, int vectors, int64_t rows) {
  const double products = static_cast<double>(vectors * rows) * (kernels.fused ? 0.5 : 1.25);
  return std::max({products, static_cast<double>(vectors + rows + 1) / 2, 4.0});
}

double block_cycles(const ChannelsKernels& kernels, int vectors, int64_t rows) {
  double cycles = 0;
  for (const int tile : balanced(rows, kernels.max_rows[vectors])) {
    cycles += tile_cycles(kernels, vectors, tile);
  }
  return cycles;
}

/// Vectors of each block of output channels; judged for one sample and for eight.
std::vector<int> choose_blocks(const ChannelsKernels& kernels, int64_t channels, int64_t positions,
                               double& cycles_per_tap) {
  const int64_t lanes = kernels.vector_floats;
  const int64_t vectors = (channels + lanes - 1) / lanes;
  const int64_t rows = std::min(positions, kMaxRows);
  const double chunks = static_cast<double>(positions) / static_cast<double>(rows);
  double least = std::numeric_limits<double>::infinity();
  std::vector<int> best;
  for (int most = 1; most <= kMaxBlockVectors; ++most) {
    double one = 0;
    double eight = 0;
    std::vector<int> blocks = balanced(vectors, most);
    for (const int block : blocks) {
      one += block_cycles(kernels, block, rows);
      eight += block_cycles(kernels, block, std::min(8 * rows, kMaxRows));
    }
    const double eighth =
        eight * static_cast<double>(rows) / static_cast<double>(std::min(8 * rows, kMaxRows));
    if (one + eighth >= least) continue;
    least = one + eighth;
    best = std::move(blocks);
    cycles_per_tap = one * chunks;
  }
  return best;
}

Reach reach_of(const ConvShape& shape) {
  const PlaneLayout& in = shape.in;
  const PlaneLayout& out = shape.out;
  const int64_t last_x = (out.width - 1) * shape.stride_x + (shape.kw - 1) * shape.dilation_x;
  const int64_t last_y = (out.height - 1) * shape.stride_y + (shape.kh - 1) * shape.dilation_y;
  return {.left = std::max<int64_t>(0, shape.pad_left),
          .right = std::max<int64_t>(0, last_x - shape.pad_left - (in.width - 1)),
          .top = std::max<int64_t>(0, shape.pad_top),
          .bottom = std::max<int64_t>(0, last_y - shape.pad_top - (in.height - 1))};
}

class ChannelsConv final : public ConvPlan::Impl {
 public:
  ChannelsConv(const ConvShape& shape, const ConvConstants& constants)
      : Impl(shape, ConvEngine::kChannels),
        kernels_(channels_kernels(constants.isa)),
        relayout_(relayout_kernels(constants.isa)),
        activation_(constants.activation) {
    const Reach reach = reach_of(shape);
    in_place_ = reach.within(shape.in);
    source_ = in_place_ ? Grid{.row_stride = shape.in.row_stride,
                               .plane_stride = shape.in.plane_stride,
                               .lead = 0}
                        : Grid::make(shape.in.height, shape.in.width, reach, 0);
    double cycles = 0;
    blocks_ = choose_blocks(kernels_, shape.oc / shape.groups, positions(), cycles);
    for (int64_t c = 0; c < shape.ic / shape.groups; ++c) {
      for (const Tap& tap : conv_taps(shape, 1, 1)) {
        offsets_.push_back(
            static_cast<int32_t>(c * source_.plane_stride + tap.dy * source_.row_stride + tap.dx));
      }
    }
    pack(constants.weights, constants.bias);
    sums_floats_ = kMaxRows * blocks_.front() * kernels_.vector_floats;
    if (!in_place_) {
      const int64_t one = source_.lead + shape.ic * source_.plane_stride;
      lane_floats_ = round_up(one + kVectorSlack, 16);
      const bool small = lane_floats_ <= (int64_t{1} << 16);
      copied_ = small ? std::clamp<int64_t>(kMaxRows / positions(), 1, kMaxCopied) : 1;
    }
  }

  int64_t run(const Lanes& lanes, int64_t in_offset, int64_t out_offset,
              float* scratch) const override {
    const int64_t at_once = in_place_ ? lanes.n : copied_;
    int64_t products = 0;
    for (int64_t first = 0; first < lanes.n; first += at_once) {
      const int64_t n = std::min<int64_t>(at_once, lanes.n - first);
      const Part part{.blocks = lanes.blocks + first,
                      .n = n,
                      .in_offset = in_offset,
                      .out_offset = out_offset,
                      .copies = scratch + sums_floats_};
      for (int64_t lane = 0; lane < n && !in_place_; ++lane) {
        copy_source(part.blocks[lane] + in_offset, part.copies + lane * lane_floats_);
      }
      const int64_t n_rows = n * positions();
      for (int64_t row = 0; row < n_rows; row += kMaxRows) {
        products += run_rows(part, row, std::min(kMaxRows, n_rows - row), scratch);
      }
    }
    return lanes.n == 0 ? 0 : products / lanes.n;
  }

  [[nodiscard]] int64_t scratch_floats() const override {
    return sums_floats_ + copied_ * lane_floats_;
  }
  [[nodiscard]] int64_t constant_bytes() const override {
    return static_cast<int64_t>((weights_.size() + bias_.size()) * sizeof(float) +
                                offsets_.size() * sizeof(int32_t));
  }

 private:
  /// Samples that are worked on together.
  struct Part {
    float* const* blocks;
    int64_t n;
    int64_t in_offset;
    int64_t out_offset;
    float* copies;
  };

  [[nodiscard]] int64_t positions() const { return shape().out.height * shape().out.width; }

  void pack(std::span<const float> weights, std::span<const float> bias) {
    const auto k = static_cast<int64_t>(offsets_.size());
    const int64_t group_channels = shape().oc / shape().groups;
    for (int64_t group = 0; group < shape().groups; ++group) {
      int64_t channel = 0;
      for (const int block : blocks_) {
        const int64_t width = int64_t{block} * kernels_.vector_floats;
        for (int64_t i = 0; i < k; ++i) {
          for (int64_t c = channel; c < channel + width; ++c) {
            const auto at = static_cast<size_t>((group * group_channels + c) * k + i);
            weights_.push_back(c < group_channels ? weights[at] : 0.0F);
          }
        }
        for (int64_t c = channel; c < channel + width; ++c) {
          const auto at = static_cast<size_t>(group * group_channels + c);
          bias_.push_back(c < group_channels ? bias[at] : 0.0F);
        }
        channel += width;
      }
    }
  }

  void copy_source(const float* in, float* copy) const {
    std::memset(copy, 0, static_cast<size_t>(source_.lead) * sizeof(float));
    const int only = 0;
    for (int64_t c = 0; c < shape().ic; ++c) {
      relayout_.split({.src = in + c * shape().in.plane_stride,
                       .src_stride = shape().in.row_stride,
                       .height = shape().in.height,
                       .width = shape().in.width,
                       .stride_y = 1,
                       .stride_x = 1,
                       .dst = copy + source_.lead + c * source_.plane_stride,
                       .planes = &only,
                       .dst_stride = source_.row_stride,
                       .dst_floats = source_.plane_stride});
    }
  }

  /// Computes rows [first, first + n); row = lane · positions + position. Returns the products.
  int64_t run_rows(const Part& part, int64_t first, int64_t n, float* sums) const {
    std::array<const float*, kMaxRows> rows;  // NOLINT(cppcoreguidelines-pro-type-member-init)
    std::array<int32_t, kMaxRows> places;     // NOLINT(cppcoreguidelines-pro-type-member-init)
    int64_t lane = first / positions();
    int64_t y = first % positions() / shape().out.width;
    int64_t x = first % positions() % shape().out.width;
    for (int64_t i = 0; i < n; ++i) {
      const float* source = in_place_ ? part.blocks[lane] + part.in_offset
                                      : part.copies + lane * lane_floats_ + source_.lead;
      rows[static_cast<size_t>(i)] =
          source + y * shape().stride_y * source_.row_stride + x * shape().stride_x;
      places[static_cast<size_t>(i)] = static_cast<int32_t>(y * shape().out.row_stride + x);
      if (x == 0 && y == 0 && shape().out.plane_stride > 1) {
        std::memset(part.blocks[lane] + part.out_offset, 0,
                    static_cast<size_t>(shape().out.floats()) * sizeof(float));
      }
      if (++x < shape().out.width) continue;
      x = 0;
      if (++y < shape().out.height) continue;
      y = 0;
      ++lane;
    }
    const auto k = static_cast<int64_t>(offsets_.size());
    const int64_t group_channels = shape().oc / shape().groups;
    const float* weights = weights_.data();
    const float* bias = bias_.data();
    int64_t products = 0;
    for (int64_t group = 0; group < shape().groups; ++group) {
      int64_t channel = 0;
      for (const int block : blocks_) {
        const int64_t width = int64_t{block} * kernels_.vector_floats;
        const int64_t channels = std::min(width, group_channels - channel);
        const bool one_tile = n <= kernels_.max_rows[block];
        const int64_t stretch = one_tile ? k : std::max<int64_t>(32, kStretchFloats / width);
        for (int64_t at = 0; at < k; at += stretch) {
          const int64_t taps = std::min(stretch, k - at);
          products +=
              channels *
              kernels_.accumulate({.rows = rows.data(),
                                   .n_rows = n,
                                   .offsets = offsets_.data() + at,
                                   .k = taps,
                                   .weights = weights + at * width,
                                   .bias = at == 0 ? bias : nullptr,
                                   .block_vectors = block,
                                   .sums = sums,
                                   .activation = at + taps == k ? activation_ : Activation::kNone});
        }
        store(part, first, n, places.data(), sums, width, group * group_channels + channel,
              channels);
        weights += k * width;
        bias += width;
        channel += width;
      }
      const int64_t group_floats = shape().ic / shape().groups * source_.plane_stride;
      for (int64_t i = 0; i < n; ++i) rows[static_cast<size_t>(i)] += group_floats;
    }
    return products;
  }

  void store(const Part& part, int64_t first, int64_t n, const int32_t* places, const float* sums,
             int64_t width, int64_t channel, int64_t channels) const {
    const int64_t plane = shape().out.plane_stride;
    for (int64_t i = 0; i < n;) {
      const int64_t lane = (first + i) / positions();
      const int64_t rows = std::min(n - i, (lane + 1) * positions() - (first + i));
      float* out = part.blocks[lane] + part.out_offset + channel * plane;
      if (plane == 1) {
        std::memcpy(out, sums + i * width, static_cast<size_t>(channels) * sizeof(float));
      } else {
        kernels_.scatter(sums + i * width, width, rows, channels, places + i, out, plane);
      }
      i += rows;
    }
  }

  const ChannelsKernels& kernels_;
  const RelayoutKernels& relayout_;
  Activation activation_;
  bool in_place_ = true;
  Grid source_;
  std::vector<int> blocks_;  ///< vectors of each block of a group's output channels
  std::vector<int32_t> offsets_;
  std::vector<float> weights_;  ///< [group][block][k][block vectors]
  std::vector<float> bias_;     ///< [group][block][block vectors]
  int64_t sums_floats_ = 0;
  int64_t lane_floats_ = 0;
  int64_t copied_ = 0;
};

}  // namespace

std::unique_ptr<const ConvPlan::Impl> make_channels(const ConvShape& shape,
                                                    const ConvConstants& constants) {
  return std::make_unique<const ChannelsConv>(shape, constants);
}

double estimate_channels(const ConvShape& shape, Isa isa) {
  const ChannelsKernels& kernels = channels_kernels(isa);
  const auto positions = static_cast<double>(shape.out.height * shape.out.width);
  double cycles_per_tap = 0;
  const std::vector<int> blocks = choose_blocks(kernels, shape.oc / shape.groups,
                                                shape.out.height * shape.out.width, cycles_per_tap);
  double vectors = 0;
  for (const int block : blocks) vectors += block;
  const int64_t group_in = shape.ic / shape.groups;
  const int64_t group_out = shape.oc / shape.groups;
  const auto k = static_cast<double>(group_in * shape.kh * shape.kw);
  const double sums = positions * vectors * (2 + k * kernels.vector_floats / kStretchFloats);
  const double stores = positions * static_cast<double>(group_out);
  double cycles = static_cast<double>(shape.groups) * (k * cycles_per_tap + sums + stores);
  if (!reach_of(shape).within(shape.in)) {
    const double row_vectors = static_cast<double>(shape.in.width) / kernels.vector_floats + 1;
    cycles += static_cast<double>(shape.ic * shape.in.height) * (3 * row_vectors + 2);
  }
  return cycles;
}

}  // namespace fovea::cpu
