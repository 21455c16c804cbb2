#include "zoo/densenet.h"

#include <cmath>

#include "ops/builder.h"

namespace fovea {
namespace {

ValueHandle conv(Builder& b, std::string_view name, ValueHandle x, int64_t channels,
                 int64_t kernel) {
  return b.conv2d(name, x,
                  {.channels = channels,
                   .kernel = {kernel, kernel},
                   .pad = Padding::all(kernel / 2),
                   .init = Init::kNormalFanOut});
}

/// Normalisation and ReLU before a 1x1, and again before a 3x3 whose result is appended to x.
ValueHandle dense_layer(Builder& b, ValueHandle x, const DensenetConfig& config) {
  ValueHandle y = b.relu("relu1", b.batch_norm("norm1", x));
  y = conv(b, "conv1", y, config.bn_factor * config.growth_rate, 1);
  y = b.relu("relu2", b.batch_norm("norm2", y));
  return b.concat("cat", {x, conv(b, "conv2", y, config.growth_rate, 3)});
}

ValueHandle transition(Builder& b, ValueHandle x, double reduction) {
  const auto channels =
      static_cast<int64_t>(std::floor(reduction * static_cast<double>(b.channels(x))));
  x = conv(b, "conv", b.relu("relu", b.batch_norm("norm", x)), channels, 1);
  return b.avg_pool2d("pool", x, {.kernel = {2, 2}, .stride = {2, 2}});
}

ValueHandle stem(Builder& b, ValueHandle x, int64_t channels, Stem kind) {
  if (kind == Stem::kCifar) return conv(b, "conv0", x, channels, 3);
  x = b.conv2d("conv0", x,
               {.channels = channels,
                .kernel = {7, 7},
                .stride = {2, 2},
                .pad = Padding::all(3),
                .init = Init::kNormalFanOut});
  x = b.relu("relu0", b.batch_norm("norm0", x));
  return b.max_pool2d("pool0", x, {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}});
}

}  // namespace

ImageTask DensenetConfig::task() const {
  return image_task("densenet", data, num_classes, input_size);
}

Graph densenet(const DensenetConfig& config, std::string_view name) {
  const ImageTask task = config.task();
  if (config.exits.value_or(1) != 1) {
    refuse_config(name, "a static network has one exit", "1", std::to_string(*config.exits));
  }

  Builder b{std::string(name)};
  ValueHandle x = b.input("input", {3, task.input_size, task.input_size});
  {
    const auto features = b.scope("features");
    x = stem(b, x, config.n_channels > 0 ? config.n_channels : 2 * config.growth_rate, task.stem);
    for (size_t block = 0; block < config.blocks.size(); ++block) {
      const std::string number = std::to_string(block + 1);
      {
        const auto block_scope = b.scope("denseblock" + number);
        for (int64_t i = 1; i <= config.blocks[block]; ++i) {
          const auto layer_scope = b.scope("denselayer" + std::to_string(i));
          x = dense_layer(b, x, config);
        }
      }
      if (block + 1 == config.blocks.size()) break;
      const auto transition_scope = b.scope("transition" + number);
      x = transition(b, x, config.reduction);
    }
    // torchvision calls it norm5 whatever the number of blocks.
    x = b.relu("relu5", b.batch_norm("norm5", x));
  }
  b.exit(b.linear("classifier", b.mean_hw("avgpool", x),
                  {.features = task.num_classes, .bias_init = Init::kZeros}));
  return b.finish();
}

}  // namespace fovea
