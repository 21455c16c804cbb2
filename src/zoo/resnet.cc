#include "zoo/resnet.h"

#include <array>

#include "ops/builder.h"

namespace fovea {
namespace {

enum class BlockKind : uint8_t { kBasic, kBottleneck };

struct Layout {
  BlockKind kind = BlockKind::kBasic;
  std::vector<int> blocks;  ///< of each stage
  int64_t width = 64;       ///< of the first stage; doubles with every stage
};

Layout layout_of(const ResnetConfig& config, Stem stem, std::string_view name) {
  if (stem == Stem::kCifar) {
    const int64_t depth = config.depth == 0 ? 20 : config.depth;
    if (depth < 8 || depth % 6 != 2) {
      refuse_config(name, "no CIFAR network of this depth", "6n+2, such as 20, 32, 56, 110",
                    std::to_string(depth));
    }
    const auto n = static_cast<int>((depth - 2) / 6);
    return {.blocks = {n, n, n}, .width = 16};
  }
  switch (config.depth) {
    case 18:
      return {.blocks = {2, 2, 2, 2}};
    case 34:
      return {.blocks = {3, 4, 6, 3}};
    case 0:
    case 50:
      return {.kind = BlockKind::kBottleneck, .blocks = {3, 4, 6, 3}};
    case 101:
      return {.kind = BlockKind::kBottleneck, .blocks = {3, 4, 23, 3}};
    case 152:
      return {.kind = BlockKind::kBottleneck, .blocks = {3, 8, 36, 3}};
    default:
      refuse_config(name, "no ImageNet network of this depth", "18, 34, 50, 101 or 152",
                    std::to_string(config.depth));
  }
}

ValueHandle conv(Builder& b, std::string_view name, ValueHandle x, int64_t channels, int64_t kernel,
                 int64_t stride = 1) {
  return b.conv2d(name, x,
                  {.channels = channels,
                   .kernel = {kernel, kernel},
                   .stride = {stride, stride},
                   .pad = Padding::all(kernel / 2),
                   .init = Init::kNormalFanOut});
}

/// One residual block under the open scope: x plus two 3x3, or plus 1x1, 3x3, 1x1.
ValueHandle block(Builder& b, ValueHandle x, BlockKind kind, int64_t width, int64_t stride) {
  const int64_t channels = kind == BlockKind::kBasic ? width : 4 * width;
  ValueHandle y = x;
  if (kind == BlockKind::kBasic) {
    y = b.relu("relu1", b.batch_norm("bn1", conv(b, "conv1", y, width, 3, stride)));
    y = b.batch_norm("bn2", conv(b, "conv2", y, width, 3));
  } else {
    y = b.relu("relu1", b.batch_norm("bn1", conv(b, "conv1", y, width, 1)));
    y = b.relu("relu2", b.batch_norm("bn2", conv(b, "conv2", y, width, 3, stride)));
    y = b.batch_norm("bn3", conv(b, "conv3", y, channels, 1));
  }
  if (stride != 1 || b.channels(x) != channels) {
    x = conv(b, "downsample.0", x, channels, 1, stride);
    x = b.batch_norm("downsample.1", x);
  }
  return b.relu("relu", b.add("add", y, x));
}

}  // namespace

ImageTask ResnetConfig::task() const { return image_task("resnet", data, num_classes, input_size); }

Graph resnet(const ResnetConfig& config, std::string_view name) {
  const ImageTask task = config.task();
  const Layout layout = layout_of(config, task.stem, name);
  if (config.exits.value_or(1) != 1) {
    refuse_config(name, "a static network has one exit", "1", std::to_string(*config.exits));
  }

  Builder b{std::string(name)};
  ValueHandle x = b.input("input", {3, task.input_size, task.input_size});
  x = task.stem == Stem::kCifar ? conv(b, "conv1", x, layout.width, 3)
                                : conv(b, "conv1", x, layout.width, 7, 2);
  x = b.relu("relu", b.batch_norm("bn1", x));
  if (task.stem == Stem::kImageNet) {
    x = b.max_pool2d("maxpool", x, {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}});
  }
  int64_t width = layout.width;
  for (size_t stage = 0; stage < layout.blocks.size(); ++stage, width *= 2) {
    const auto stage_scope = b.scope("layer" + std::to_string(stage + 1));
    for (int i = 0; i < layout.blocks[stage]; ++i) {
      const auto block_scope = b.scope(std::to_string(i));
      x = block(b, x, layout.kind, width, stage > 0 && i == 0 ? 2 : 1);
    }
  }
  b.exit(b.linear("fc", b.mean_hw("avgpool", x), {.features = task.num_classes}));
  return b.finish();
}

}  // namespace fovea
