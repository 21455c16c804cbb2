// MSDNet: Multi-Scale Dense Networks for Resource Efficient Image Classification (ICLR 2018, arXiv
// 1703.09844), as its published PyTorch program builds it (specs/ranet.md 3).
#pragma once

#include <array>

#include "fovea/graph.h"
#include "zoo/image_task.h"
#include "zoo/settings.h"

namespace fovea {

enum class MsdnetSteps : uint8_t {
  kEven,     ///< every block but the first has `step` layers
  kLinGrow,  ///< block i (from 2) has step·(i − 1) + 1 layers
};
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<MsdnetSteps>{"even", "lin_grow"};

/// When the finest scale is dropped.
enum class MsdnetPrune : uint8_t { kMax, kMin };
template <>
inline constexpr std::array<std::string_view, 2> kEnumNames<MsdnetPrune>{"max", "min"};

/// The settings and defaults of the published program under its names; lists begin with the finest
/// scale.
struct MsdnetConfig {
  std::string data = "cifar10";
  int64_t num_classes = 0;  ///< 0: as the data set has
  int64_t input_size = 0;   ///< 0: as the data set has
  int64_t n_blocks = 1;
  int64_t base = 4;
  int64_t step = 1;
  MsdnetSteps stepmode = MsdnetSteps::kLinGrow;
  int64_t n_channels = 32;
  int64_t growth_rate = 6;
  std::vector<int64_t> gr_factor{1, 2, 4};
  std::vector<int64_t> bn_factor{1, 2, 4};
  MsdnetPrune prune = MsdnetPrune::kMax;
  double reduction = 0.5;
  std::string bottleneck = "True";    ///< checked where given
  std::optional<int64_t> cls_hidden;  ///< nothing: 128
  int64_t boosted = 0;                ///< 1: an exit's logits are added to those before
  std::optional<int64_t> n_scales;    ///< checked where given
  std::optional<int64_t> exits;       ///< checked where given

  static constexpr auto settings() {
    return std::tuple{
        Setting{"data", &MsdnetConfig::data, "cifar10, cifar100 or ImageNet"},
        Setting{"num_classes", &MsdnetConfig::num_classes, "classes; 0: of the data set", {0, 1e6}},
        Setting{"input_size",
                &MsdnetConfig::input_size,
                "pixels a side; 0: of the data set",
                {0, 4096}},
        Setting{"nBlocks", &MsdnetConfig::n_blocks, "blocks, each with an exit", {1, 256}},
        Setting{"base", &MsdnetConfig::base, "layers of the first block", {1, 256}},
        Setting{"step", &MsdnetConfig::step, "layers of further blocks", {1, 256}},
        Setting{"stepmode", &MsdnetConfig::stepmode, "even, or lin_grow: growing with the block"},
        Setting{"nChannels", &MsdnetConfig::n_channels, "base channels", {1, 4096}},
        Setting{"growthRate", &MsdnetConfig::growth_rate, "base growth rate", {1, 4096}},
        Setting{"grFactor", &MsdnetConfig::gr_factor, "width multiplier of each scale", {1, 256}},
        Setting{"bnFactor", &MsdnetConfig::bn_factor, "bottleneck factor of each scale", {1, 256}},
        Setting{"prune", &MsdnetConfig::prune, "when scales are dropped"},
        Setting{"reduction",
                &MsdnetConfig::reduction,
                "share of channels that transitions keep; 0: no transitions",
                {0, 1}},
        Setting{"bottleneck", &MsdnetConfig::bottleneck, "checked: always True"},
        Setting{"boosted",
                &MsdnetConfig::boosted,
                "1: logits add up over exits (objective boosted)",
                {0, 1}},
        Setting{"cls_hidden",
                &MsdnetConfig::cls_hidden,
                "width of the CIFAR classifier, 128",
                {1, 65536}},
        Setting{"nScales", &MsdnetConfig::n_scales, "checked: number of scales"},
        Setting{"exits", &MsdnetConfig::exits, "checked: number of exits"}};
  }
  [[nodiscard]] ImageTask task() const;
};

/// The network; taps: first.S, block.B.scale.Q (golden files' names).
/// Throws Error (kUsage) where the published program cannot build or run the configuration.
Graph msdnet(const MsdnetConfig& config, std::string_view name = "msdnet");

}  // namespace fovea
