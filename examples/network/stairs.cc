#include "stairs.h"

#include "ops/builder.h"

namespace fovea {
namespace {

/// [C,H,W] -> [channels,H/2,W/2]
ValueHandle step(Builder& b, ValueHandle x, int64_t channels) {
  x = b.conv2d("conv", x,
               {.channels = channels,
                .kernel = {3, 3},
                .pad = Padding::all(1),
                .init = Init::kNormalFanOut});
  x = b.relu("relu", b.batch_norm("norm", x));
  return b.max_pool2d("pool", x, {.kernel = {2, 2}, .stride = {2, 2}});
}

}  // namespace

ImageTask StairsConfig::task() const { return image_task("stairs", data, num_classes, input_size); }

Graph stairs(const StairsConfig& config, std::string_view name) {
  const ImageTask task = config.task();
  if (task.input_size >> config.exits < 1) {
    refuse_config(name, "the picture is too small for so many steps",
                  "2^exits pixels a side or more", std::to_string(task.input_size));
  }

  Builder b{std::string(name)};
  ValueHandle x = b.input("input", {3, task.input_size, task.input_size});
  for (int e = 0; e < config.exits; ++e) {
    ValueHandle logits;
    {
      const auto scope = b.scope("step", e);
      x = step(b, x, config.width << e);
      logits = b.linear("head", b.mean_hw("mean", x), {.features = task.num_classes});
    }
    b.tap("step." + std::to_string(e), x);
    b.exit(logits);
  }
  return b.finish();
}

}  // namespace fovea
