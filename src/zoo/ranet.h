// RANet: Resolution Adaptive Networks for Efficient Inference (CVPR 2020, arXiv 2003.07326), as its
// published program builds it (specs/ranet.md 2).
#pragma once

#include <array>

#include "fovea/graph.h"
#include "zoo/image_task.h"
#include "zoo/settings.h"

namespace fovea {

enum class RanetSteps : uint8_t {
  kEven,  ///< every block has `step` layers
  kLg,    ///< block b (from 1) has b·step layers
};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<RanetSteps>{"even", "lg"};

/// The settings of the published program under its names; lists begin with sub-network 1, which
/// works at the lowest resolution.
struct RanetConfig {
  std::string data = "cifar10";
  int64_t num_classes = 0;  ///< 0: as the data set has
  int64_t input_size = 0;   ///< 0: as the data set has
  std::vector<int64_t> scale_list{1, 2, 3};
  std::vector<int64_t> gr_factor{4, 2, 1};
  std::vector<int64_t> bn_factor{4, 2, 1};
  int64_t n_channels = 16;
  int64_t growth_rate = 6;
  int64_t n_blocks = 2;
  int64_t block_step = 2;
  int64_t step = 4;
  RanetSteps stepmode = RanetSteps::kEven;
  double compress_factor = 0.25;
  double reduction = 0.5;
  std::optional<int64_t> cls_hidden;  ///< nothing: 128
  int64_t boosted = 0;                ///< 1: an exit's logits are added to those before
  std::optional<int64_t> n_scales;    ///< checked where given
  std::optional<int64_t> exits;       ///< checked where given

  static constexpr auto settings() {
    return std::tuple{
        Setting{"data", &RanetConfig::data, "cifar10, cifar100 or ImageNet"},
        Setting{"num_classes", &RanetConfig::num_classes, "classes; 0: of the data set", {0, 1e6}},
        Setting{
            "input_size", &RanetConfig::input_size, "pixels a side; 0: of the data set", {0, 4096}},
        Setting{"scale_list",
                &RanetConfig::scale_list,
                "rank of resolution of each sub-network",
                {1, 16}},
        Setting{
            "grFactor", &RanetConfig::gr_factor, "width multiplier of each sub-network", {1, 256}},
        Setting{
            "bnFactor", &RanetConfig::bn_factor, "bottleneck factor of each sub-network", {1, 256}},
        Setting{"nChannels", &RanetConfig::n_channels, "base channels", {1, 4096}},
        Setting{"growthRate", &RanetConfig::growth_rate, "base growth rate", {1, 4096}},
        Setting{"nBlocks", &RanetConfig::n_blocks, "blocks of sub-network 1", {1, 64}},
        Setting{"block_step",
                &RanetConfig::block_step,
                "more blocks in each further sub-network",
                {1, 64}},
        Setting{"step", &RanetConfig::step, "layers of the first block", {1, 64}},
        Setting{"stepmode", &RanetConfig::stepmode, "even, or lg: growing with the block"},
        Setting{"compress_factor",
                &RanetConfig::compress_factor,
                "share of channels that come from the sub-network below",
                {1e-6, 1}},
        Setting{"reduction",
                &RanetConfig::reduction,
                "share of channels that transitions keep",
                {1e-6, 1}},
        Setting{"boosted",
                &RanetConfig::boosted,
                "1: logits add up over exits (objective boosted)",
                {0, 1}},
        Setting{"cls_hidden",
                &RanetConfig::cls_hidden,
                "width of the CIFAR classifier, 128",
                {1, 65536}},
        Setting{"nScales", &RanetConfig::n_scales, "checked: number of sub-networks"},
        Setting{"exits", &RanetConfig::exits, "checked: number of exits"}};
  }
  [[nodiscard]] ImageTask task() const;
};

/// The network; taps: first.S, block.I.B.out, block.I.B.feat_last (golden files' names).
/// Throws Error (kUsage) where the published program cannot build or run the configuration.
Graph ranet(const RanetConfig& config, std::string_view name = "ranet");

}  // namespace fovea
