#include "zoo/ranet.h"

#include <algorithm>

#include "zoo/multi_exit_parts.h"

namespace fovea {
namespace {

using multi_exit::basic;
using multi_exit::bottleneck;
using multi_exit::floor_of;

/// Input of a block and the value after each of its layers: what the next sub-network reads (2.5).
using Features = std::vector<ValueHandle>;

constexpr int64_t kMaxLayers = 4096;

/// Sub-networks and blocks count from 0 here.
class Topology {
 public:
  explicit Topology(const RanetConfig& config) : config_(config) {}

  [[nodiscard]] int n_subnets() const { return static_cast<int>(config_.scale_list.size()); }
  /// B[i] of the paper's program: blocks of all sub-networks below; the first B[i] blocks of
  /// sub-network i are fusion blocks.
  [[nodiscard]] int64_t n_fusion(int i) const {
    return i == 0 ? 0 : config_.n_blocks + config_.block_step * (i - 1);
  }
  [[nodiscard]] int64_t n_blocks(int i) const { return n_fusion(i + 1); }
  [[nodiscard]] int64_t n_layers(int64_t block) const {
    return config_.stepmode == RanetSteps::kEven ? config_.step : config_.step * (block + 1);
  }
  [[nodiscard]] int64_t scale(int i) const { return config_.scale_list[static_cast<size_t>(i)]; }
  [[nodiscard]] int64_t growth(int i) const {
    return config_.growth_rate * config_.gr_factor[static_cast<size_t>(i)];
  }
  [[nodiscard]] int64_t factor(int i) const { return config_.bn_factor[static_cast<size_t>(i)]; }
  [[nodiscard]] int64_t base_channels(int i) const {
    return config_.n_channels * config_.gr_factor[static_cast<size_t>(i)];
  }

  /// 2.4: after block floor(t·n/s) for t in 1…s−1 (blocks counted from 1).
  [[nodiscard]] bool has_transition(int i, int64_t block) const {
    for (int64_t t = 1; t < scale(i); ++t) {
      if (block + 1 == t * n_blocks(i) / scale(i)) return true;
    }
    return false;
  }
  /// 2.4: in the fusion blocks that are the last s−1 entries of B[0], …, B[i].
  [[nodiscard]] bool drops_resolution(int i, int64_t block) const {
    for (int j = std::max<int>(1, i - static_cast<int>(scale(i)) + 2); j <= i; ++j) {
      if (block + 1 == n_fusion(j)) return true;
    }
    return false;
  }

 private:
  const RanetConfig& config_;
};

void check(const RanetConfig& config, const Topology& topology, const ImageTask& task,
           std::string_view name) {
  const size_t n = config.scale_list.size();
  if (config.gr_factor.size() != n || config.bn_factor.size() != n) {
    refuse_config(name, "scale_list, grFactor and bnFactor differ in length",
                  std::to_string(n) + " numbers each",
                  std::to_string(config.gr_factor.size()) + " and " +
                      std::to_string(config.bn_factor.size()));
  }
  if (config.n_scales && *config.n_scales != static_cast<int64_t>(n)) {
    refuse_config(name, "nScales differs from the length of scale_list", std::to_string(n),
                  std::to_string(*config.n_scales));
  }
  const int64_t exits = topology.n_blocks(topology.n_subnets() - 1);
  if (config.exits && *config.exits != exits) {
    refuse_config(name, "exits differs from what nBlocks, block_step and scale_list give",
                  std::to_string(exits), std::to_string(*config.exits));
  }
  if (config.cls_hidden && task.stem == Stem::kImageNet) {
    refuse_config(name, "cls_hidden is of the CIFAR classifier; with ImageNet the width is kept");
  }
  int64_t layers = 0;
  int changes = 0;
  for (int i = 0; i < topology.n_subnets(); ++i) {
    for (int64_t block = 0; block < topology.n_blocks(i); ++block)
      layers += topology.n_layers(block);
    if (i == 0) continue;
    changes += topology.scale(i) != topology.scale(i - 1) ? 1 : 0;
    const std::string where = std::string(name) + ", sub-network " + std::to_string(i + 1) +
                              " of scale_list " + internal::setting_text(config.scale_list);
    // The published program drops resolution in every fusion block then, and stops later (2.4).
    if (topology.scale(i) == 1) {
      refuse_config(where, "only the first sub-network can have rank 1", "2 or more", "1");
    }
    if (std::min<int64_t>(topology.scale(i) - 1, i) != changes) {
      refuse_config(where, "its exits would not work at the lowest resolution",
                    std::to_string(changes) + " drops of resolution, as its input has",
                    std::to_string(std::min<int64_t>(topology.scale(i) - 1, i)));
    }
    const int64_t up = floor_of(config.compress_factor, topology.growth(i));
    if (up < 1 || up >= topology.growth(i)) {
      refuse_config(
          where, "compress_factor leaves no channels of one kind",
          "growthRate·grFactor·compress_factor of at least 1 and below growthRate·grFactor",
          std::to_string(up) + " of " + std::to_string(topology.growth(i)));
    }
  }
  if (layers > kMaxLayers) {
    refuse_config(name, "too many layers", "at most " + std::to_string(kMaxLayers),
                  std::to_string(layers));
  }
}

/// Base features of each sub-network (2.2): a chain from the highest resolution to the lowest.
std::vector<ValueHandle> base_features(Builder& b, ValueHandle x, const Topology& topology,
                                       Stem stem) {
  const int n = topology.n_subnets();
  std::vector<ValueHandle> out(static_cast<size_t>(n));
  for (int j = 0; j < n; ++j) {
    const int i = n - 1 - j;
    const std::string layer = "FirstLayer.layers." + std::to_string(j);
    if (j == 0) {
      x = multi_exit::first_layer(b, layer, x,
                                  {.channels = topology.base_channels(i), .stem = stem});
    } else {
      const int64_t stride = topology.scale(i) == topology.scale(i + 1) ? 1 : 2;
      x = basic(
          b, layer, x,
          {.channels = topology.base_channels(i), .stride = stride, .init = Init::kUniformFanIn});
    }
    out[static_cast<size_t>(i)] = x;
    b.tap("first." + std::to_string(i), x);
  }
  return out;
}

/// x at the height and width of `like` (2.8); itself where they are equal.
ValueHandle resized(Builder& b, std::string_view name, ValueHandle x, const Shape& like) {
  const Shape shape = b.shape(x);
  if (shape[1] == like[1] && shape[2] == like[2]) return x;
  return b.resize(name, x, {.size = {like[1], like[2]}, .mode = ResizeMode::kBilinearAligned});
}

struct BlockAt {
  int subnet;
  int64_t block;
};

/// 2.6: every layer appends its result to its input.
Features normal_block(Builder& b, ValueHandle x, const Topology& topology, BlockAt at) {
  Features features{x};
  for (int l = 0; l < topology.n_layers(at.block); ++l) {
    const auto scope = b.scope("layers", l);
    const ValueHandle grown =
        bottleneck(b, "conv_normal", x,
                   {.channels = topology.growth(at.subnet), .factor = topology.factor(at.subnet)});
    x = b.concat("cat", {x, grown});
    features.push_back(x);
  }
  return features;
}

/// 2.7, the layers: results from x and from the block `low` of the sub-network below.
Features fusion_block(Builder& b, ValueHandle x, const Features& low, const Topology& topology,
                      BlockAt at, double compress_factor) {
  Features features{x};
  const int64_t from_below = floor_of(compress_factor, topology.growth(at.subnet));
  const int64_t n_layers = topology.n_layers(at.block);
  for (int l = 0; l < n_layers; ++l) {
    const auto scope = b.scope("layers", l);
    const bool drops = l == n_layers - 1 && topology.drops_resolution(at.subnet, at.block);
    const ValueHandle up =
        bottleneck(b, "conv_up", low[static_cast<size_t>(l)],
                   {.channels = from_below, .factor = topology.factor(at.subnet - 1)});
    const ValueHandle grown = bottleneck(b, "conv_normal", x,
                                         {.channels = topology.growth(at.subnet) - from_below,
                                          .factor = topology.factor(at.subnet),
                                          .stride = drops ? 2 : 1});
    const Shape size = b.shape(grown);
    x = b.concat("cat",
                 {resized(b, "resize_x", x, size), resized(b, "resize_up", up, size), grown});
    features.push_back(x);
  }
  return features;
}

}  // namespace

ImageTask RanetConfig::task() const { return image_task("ranet", data, num_classes, input_size); }

Graph ranet(const RanetConfig& config, std::string_view name) {
  const ImageTask task = config.task();
  const Topology topology(config);
  check(config, topology, task, name);

  Builder b{std::string(name)};
  const ValueHandle input = b.input("input", {3, task.input_size, task.input_size});
  const std::vector<ValueHandle> base = base_features(b, input, topology, task.stem);
  std::vector<Features> below;  // by block, of the sub-network below
  int exit = 0;
  std::optional<ValueHandle> logits;  // of the exit before
  for (int i = 0; i < topology.n_subnets(); ++i) {
    std::vector<Features> own;
    ValueHandle x = base[static_cast<size_t>(i)];
    for (int64_t block = 0; block < topology.n_blocks(i); ++block) {
      const BlockAt at{i, block};
      const bool fuses = block < topology.n_fusion(i);
      const std::string place = std::to_string(i) + "." + std::to_string(block);
      {
        const auto scope = b.scope("scale_flows." + place);
        if (fuses) {
          const Features& low = below[static_cast<size_t>(block)];
          own.push_back(fusion_block(b, x, low, topology, at, config.compress_factor));
          x = own.back().back();
          const ValueHandle last =
              basic(b, "conv_last", low.back(),
                    {.channels = floor_of(config.compress_factor, b.channels(x)), .kernel = 1});
          x = b.concat("cat_last", {x, resized(b, "resize_last", last, b.shape(x))});
        } else {
          own.push_back(normal_block(b, x, topology, at));
          x = own.back().back();
        }
        if (topology.has_transition(i, block)) {
          x = basic(b, "trans", x,
                    {.channels = floor_of(config.reduction, b.channels(x)), .kernel = 1});
        }
      }
      b.tap("block." + place + ".feat_last", own.back().back());
      b.tap("block." + place + ".out", x);
      if (!fuses) {
        logits = multi_exit::classifier(b, exit++, x,
                                        {.num_classes = task.num_classes,
                                         .stem = task.stem,
                                         .hidden = config.cls_hidden.value_or(128),
                                         .adds_to = config.boosted != 0 ? logits : std::nullopt});
      }
    }
    below = std::move(own);
  }
  return b.finish();
}

}  // namespace fovea
