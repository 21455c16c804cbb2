#include "zoo/multi_exit_parts.h"

#include <cmath>

#include "zoo/settings.h"

namespace fovea::multi_exit {

ValueHandle basic(Builder& b, std::string_view name, ValueHandle x, const Basic& options) {
  const auto scope = b.scope(name);
  const auto net = b.scope("net");
  const int64_t k = options.kernel;
  x = b.conv2d("0", x,
               {.channels = options.channels,
                .kernel = {k, k},
                .stride = {options.stride, options.stride},
                .pad = Padding::all((k - 1) / 2),
                .init = options.init});
  return b.relu("2", b.batch_norm("1", x));
}

ValueHandle bottleneck(Builder& b, std::string_view name, ValueHandle x,
                       const Bottleneck& options) {
  const auto scope = b.scope(name);
  const auto net = b.scope("net");
  const int64_t inner = std::min(b.channels(x), options.factor * options.channels);
  x = b.conv2d("0", x, {.channels = inner, .init = options.init});
  x = b.relu("2", b.batch_norm("1", x));
  x = b.conv2d("3", x,
               {.channels = options.channels,
                .kernel = {3, 3},
                .stride = {options.stride, options.stride},
                .pad = Padding::all(1),
                .init = options.init});
  return b.relu("5", b.batch_norm("4", x));
}

ValueHandle first_layer(Builder& b, std::string_view name, ValueHandle x,
                        const FirstLayer& options) {
  // Both programs leave these layers at the framework's default initialisation (2.10, 3.7).
  if (options.stem == Stem::kCifar) {
    return basic(b, name, x, {.channels = options.channels, .init = Init::kUniformFanIn});
  }
  const auto scope = b.scope(name);
  x = b.conv2d("0", x,
               {.channels = options.channels,
                .kernel = {7, 7},
                .stride = {2, 2},
                .pad = Padding::all(3),
                .bias = Bias::kPresent});
  x = b.relu("2", b.batch_norm("1", x));
  return b.max_pool2d("3", x, {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}});
}

ValueHandle classifier(Builder& b, int exit, ValueHandle x, const Classifier& options) {
  const Shape shape = b.shape(x);
  if (shape[1] < 5 || shape[1] > 12 || shape[1] != shape[2]) {
    refuse_config("exit " + std::to_string(exit),
                  "the map before a classifier has the wrong size; choose another input_size or "
                  "number of scales",
                  "a square of 5 to 12 pixels a side", shape.text());
  }
  ValueHandle logits;
  {
    const auto scope = b.scope("classifier", exit);
    const int64_t width = options.stem == Stem::kCifar ? options.hidden : shape[0];
    x = basic(b, "m.0", x, {.channels = width, .stride = 2, .init = options.init});
    x = basic(b, "m.1", x, {.channels = width, .stride = 2, .init = options.init});
    x = b.flatten("flatten", b.avg_pool2d("m.2", x, {.kernel = {2, 2}, .stride = {2, 2}}));
    logits =
        b.linear("linear", x, {.features = options.num_classes, .bias_init = options.bias_init});
    if (options.adds_to) logits = b.add("sum", *options.adds_to, logits);
  }
  b.exit(logits);
  return logits;
}

int64_t floor_of(double factor, int64_t n) {
  return static_cast<int64_t>(std::floor(factor * static_cast<double>(n)));
}

}  // namespace fovea::multi_exit
