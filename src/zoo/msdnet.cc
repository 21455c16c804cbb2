#include "zoo/msdnet.h"

#include <algorithm>

#include "zoo/multi_exit_parts.h"

namespace fovea {
namespace {

using multi_exit::basic;
using multi_exit::bottleneck;
using multi_exit::floor_of;

constexpr int64_t kMaxLayers = 2048;

/// Layer counts and present scales (3.2, 3.4); blocks count from 0, layers from 1 over the network.
class Topology {
 public:
  explicit Topology(const MsdnetConfig& config) : config_(config) {
    for (int64_t block = 0; block < config.n_blocks; ++block) n_layers_ += layers_of(block);
  }
  [[nodiscard]] int64_t n_layers() const { return n_layers_; }
  [[nodiscard]] int64_t layers_of(int64_t block) const {
    if (block == 0) return config_.base;
    return config_.stepmode == MsdnetSteps::kEven ? config_.step : config_.step * block + 1;
  }
  [[nodiscard]] int64_t n_scales() const { return static_cast<int64_t>(config_.gr_factor.size()); }
  [[nodiscard]] int64_t scales_in(int64_t layer) const {
    if (config_.prune == MsdnetPrune::kMin) return std::min(n_scales(), n_layers_ - layer + 2);
    return n_scales() - std::max<int64_t>(0, layer - 2) / interval();
  }
  [[nodiscard]] int64_t scales_out(int64_t layer) const {
    if (config_.prune == MsdnetPrune::kMin) return std::min(n_scales(), n_layers_ - layer + 1);
    return n_scales() - (layer - 1) / interval();
  }
  /// 3.5
  [[nodiscard]] bool has_transition(int64_t layer) const {
    if (config_.reduction == 0) return false;
    if (config_.prune == MsdnetPrune::kMax) return scales_in(layer) > scales_out(layer);
    return layer == n_layers_ / 3 || layer == 2 * n_layers_ / 3;
  }

 private:
  [[nodiscard]] int64_t interval() const { return (n_layers_ + n_scales() - 1) / n_scales(); }
  const MsdnetConfig& config_;
  int64_t n_layers_ = 0;
};

void check(const MsdnetConfig& config, const Topology& topology, const ImageTask& task,
           std::string_view name) {
  const size_t n = config.gr_factor.size();
  if (config.bn_factor.size() != n) {
    refuse_config(name, "grFactor and bnFactor differ in length",
                  std::to_string(n) + " numbers each", std::to_string(config.bn_factor.size()));
  }
  if (config.n_scales && *config.n_scales != static_cast<int64_t>(n)) {
    refuse_config(name, "nScales differs from the length of grFactor", std::to_string(n),
                  std::to_string(*config.n_scales));
  }
  if (config.exits && *config.exits != config.n_blocks) {
    refuse_config(name, "exits differs from nBlocks", std::to_string(config.n_blocks),
                  std::to_string(*config.exits));
  }
  if (config.bottleneck != "True" && config.bottleneck != "true" && config.bottleneck != "1") {
    refuse_config(name, "networks without bottleneck are not supported", "bottleneck=True",
                  "'" + config.bottleneck + "'");
  }
  if (config.cls_hidden && task.stem == Stem::kImageNet) {
    refuse_config(name, "cls_hidden is of the CIFAR classifier; with ImageNet the width is kept");
  }
  if (topology.n_layers() > kMaxLayers) {
    refuse_config(name, "too many layers", "at most " + std::to_string(kMaxLayers),
                  std::to_string(topology.n_layers()));
  }
  for (size_t s = 1; s < n; ++s) {
    const int64_t width = config.growth_rate * config.gr_factor[s];
    if (width % 2 != 0) {
      refuse_config(name, "growthRate·grFactor of scale " + std::to_string(s + 1) + " is odd",
                    "an even number, half of it from either branch", std::to_string(width));
    }
  }
}

/// The present maps, fine to coarse.
using Scales = std::vector<ValueHandle>;

/// 3.3
Scales first_layers(Builder& b, ValueHandle x, const MsdnetConfig& config, Stem stem) {
  Scales out;
  for (size_t s = 0; s < config.gr_factor.size(); ++s) {
    const std::string layer = "blocks.0.0.layers." + std::to_string(s);
    const int64_t channels = config.n_channels * config.gr_factor[s];
    x = s == 0
            ? multi_exit::first_layer(b, layer, x, {.channels = channels, .stem = stem})
            : basic(b, layer, x, {.channels = channels, .stride = 2, .init = Init::kUniformFanIn});
    out.push_back(x);
    b.tap("first." + std::to_string(s), x);
  }
  return out;
}

/// 3.4: every map that stays grows by what it and the next finer map give. The open scope is the
/// layer's.
Scales layer(Builder& b, const Scales& in, int64_t n_out, const MsdnetConfig& config) {
  const auto n_in = static_cast<int64_t>(in.size());
  const auto n_scales = static_cast<int64_t>(config.gr_factor.size());
  Scales out;
  for (int64_t q = 0; q < n_out; ++q) {
    const auto scale = static_cast<size_t>(n_scales - n_out + q);
    const auto same = static_cast<size_t>(n_in - n_out + q);
    const int64_t width = config.growth_rate * config.gr_factor[scale];
    const auto scope = b.scope("layers", static_cast<int>(q));
    if (same == 0) {
      const ValueHandle grown = bottleneck(
          b, "conv_normal", in[same],
          {.channels = width, .factor = config.bn_factor[scale], .init = Init::kUniformFanIn});
      out.push_back(b.concat("cat", {in[same], grown}));
      continue;
    }
    const ValueHandle finer = bottleneck(b, "conv_down", in[same - 1],
                                         {.channels = width / 2,
                                          .factor = config.bn_factor[scale - 1],
                                          .stride = 2,
                                          .init = Init::kUniformFanIn});
    const ValueHandle grown = bottleneck(
        b, "conv_normal", in[same],
        {.channels = width / 2, .factor = config.bn_factor[scale], .init = Init::kUniformFanIn});
    out.push_back(b.concat("cat", {in[same], finer, grown}));
  }
  return out;
}

}  // namespace

ImageTask MsdnetConfig::task() const { return image_task("msdnet", data, num_classes, input_size); }

Graph msdnet(const MsdnetConfig& config, std::string_view name) {
  const ImageTask task = config.task();
  const Topology topology(config);
  check(config, topology, task, name);

  Builder b{std::string(name)};
  Scales maps =
      first_layers(b, b.input("input", {3, task.input_size, task.input_size}), config, task.stem);
  int64_t width = config.n_channels;  // a map of scale s has width·grFactor[s] channels
  int64_t l = 0;
  std::optional<ValueHandle> logits;  // of the exit before
  for (int block = 0; block < config.n_blocks; ++block) {
    int position = block == 0 ? 1 : 0;
    for (int64_t in_block = 0; in_block < topology.layers_of(block); ++in_block) {
      ++l;
      const auto place = [&] {
        return "blocks." + std::to_string(block) + "." + std::to_string(position++);
      };
      {
        const auto scope = b.scope(place());
        maps = layer(b, maps, topology.scales_out(l), config);
        width += config.growth_rate;
      }
      if (!topology.has_transition(l)) continue;
      const auto scope = b.scope(place());
      width = floor_of(config.reduction, width);
      for (size_t q = 0; q < maps.size(); ++q) {
        const size_t scale = config.gr_factor.size() - maps.size() + q;
        maps[q] = basic(b, "m." + std::to_string(q), maps[q],
                        {.channels = width * config.gr_factor[scale],
                         .kernel = 1,
                         .init = Init::kUniformFanIn});
      }
    }
    for (size_t q = 0; q < maps.size(); ++q) {
      b.tap("block." + std::to_string(block) + ".scale." + std::to_string(q), maps[q]);
    }
    logits = multi_exit::classifier(b, block, maps.back(),
                                    {.num_classes = task.num_classes,
                                     .stem = task.stem,
                                     .hidden = config.cls_hidden.value_or(128),
                                     .init = Init::kUniformFanIn,
                                     .bias_init = Init::kUniformFanIn,
                                     .adds_to = config.boosted != 0 ? logits : std::nullopt});
  }
  return b.finish();
}

}  // namespace fovea
