#include "zoo/mobilenetv2.h"

#include <algorithm>

#include "ops/builder.h"

namespace fovea {
namespace {

/// Rows of the paper's table 2: n blocks of c channels whose inner width is t times the input's,
/// the first with stride s.
struct Stage {
  int64_t t, c, n, s;
};
constexpr std::array<Stage, 7> kStages{{{1, 16, 1, 1},
                                        {6, 24, 2, 2},
                                        {6, 32, 3, 2},
                                        {6, 64, 4, 2},
                                        {6, 96, 3, 1},
                                        {6, 160, 3, 2},
                                        {6, 320, 1, 1}}};

/// The multiple of 8 nearest to factor·channels, at least 8 and not below nine tenths of it.
int64_t width_of(double factor, int64_t channels) {
  const double wanted = factor * static_cast<double>(channels);
  const int64_t rounded = std::max<int64_t>(8, static_cast<int64_t>(wanted + 4) / 8 * 8);
  return static_cast<double>(rounded) < 0.9 * wanted ? rounded + 8 : rounded;
}

/// TensorFlow's SAME for a 3x3 of stride 2 gives ceil(n/2): the odd pixel goes below and right.
Padding padding_of(MobilenetPadding kind, const Shape& map, int64_t stride) {
  if (kind == MobilenetPadding::kSymmetric || stride == 1) return Padding::all(1);
  const int64_t top = map[1] % 2;
  const int64_t left = map[2] % 2;
  return {top, left, 1, 1};
}

class Writer {
 public:
  Writer(Builder& b, MobilenetPadding padding) : b_(b), padding_(padding) {}

  struct Conv {
    int64_t channels = 1;
    int64_t kernel = 1;
    int64_t stride = 1;
    int64_t groups = 1;
  };
  /// Convolution, normalisation, ReLU6: NAME.{0,1,2}.
  ValueHandle conv_norm_relu(std::string_view name, ValueHandle x, const Conv& options) {
    const auto scope = b_.scope(name);
    x = conv("0", x, options);
    return b_.relu6("2", b_.batch_norm("1", x));
  }

  /// Under the open scope conv: 1x1 to the inner width (left out for t = 1), 3x3 for each channel
  /// alone, 1x1 without activation; x is added where the shape stays.
  ValueHandle block(ValueHandle x, int64_t t, int64_t channels, int64_t stride) {
    const int64_t in = b_.channels(x);
    int position = 0;
    const auto next = [&] { return std::to_string(position++); };
    ValueHandle y = x;
    if (t != 1) y = conv_norm_relu(next(), y, {.channels = t * in});
    y = conv_norm_relu(next(), y,
                       {.channels = t * in, .kernel = 3, .stride = stride, .groups = t * in});
    y = conv(next(), y, {.channels = channels});
    y = b_.batch_norm(next(), y);
    return stride == 1 && in == channels ? b_.add("add", x, y) : y;
  }

 private:
  ValueHandle conv(std::string_view name, ValueHandle x, const Conv& options) {
    return b_.conv2d(
        name, x,
        {.channels = options.channels,
         .kernel = {options.kernel, options.kernel},
         .stride = {options.stride, options.stride},
         .pad = options.kernel == 1 ? Padding{} : padding_of(padding_, b_.shape(x), options.stride),
         .groups = options.groups,
         .init = Init::kNormalFanOut});
  }
  Builder& b_;
  MobilenetPadding padding_;
};

}  // namespace

ImageTask MobilenetV2Config::task() const {
  ImageTask task = image_task("mobilenetv2", data, num_classes, input_size);
  if (padding == MobilenetPadding::kTfSame) task.mean = task.std = "0.5,0.5,0.5";
  return task;
}

Graph mobilenetv2(const MobilenetV2Config& config, std::string_view name) {
  const ImageTask task = config.task();
  if (task.stem != Stem::kImageNet) {
    refuse_config(name,
                  "the network has no variant for CIFAR; for other pictures set num_classes and "
                  "input_size",
                  "data=ImageNet", "'" + config.data + "'");
  }
  if (config.exits.value_or(1) != 1) {
    refuse_config(name, "a static network has one exit", "1", std::to_string(*config.exits));
  }

  Builder b{std::string(name)};
  Writer writer(b, config.padding);
  ValueHandle x = b.input("input", {3, task.input_size, task.input_size});
  int index = 0;
  const auto feature = [&] { return "features." + std::to_string(index++); };
  x = writer.conv_norm_relu(feature(), x,
                            {.channels = width_of(config.width, 32), .kernel = 3, .stride = 2});
  for (const Stage& stage : kStages) {
    for (int64_t i = 0; i < stage.n; ++i) {
      const auto scope = b.scope(feature());
      const auto conv = b.scope("conv");
      x = writer.block(x, stage.t, width_of(config.width, stage.c), i == 0 ? stage.s : 1);
    }
  }
  x = writer.conv_norm_relu(feature(), x,
                            {.channels = width_of(std::max(1.0, config.width), 1280)});
  x = b.mean_hw("avgpool", x);
  b.exit(b.linear("classifier.1", x, {.features = task.num_classes, .bias_init = Init::kZeros}));
  return b.finish();
}

}  // namespace fovea
