// Building blocks that RANet and MSDNet share (specs/ranet.md 1): node names are state-dict keys.
#pragma once

#include <optional>
#include <string_view>

#include "ops/builder.h"
#include "zoo/image_task.h"

namespace fovea::multi_exit {

struct Basic {
  int64_t channels = 1;
  int64_t kernel = 3;
  int64_t stride = 1;
  Init init = Init::kNormalFanOut;
};
/// Convolution, normalisation, ReLU: NAME.net.{0,1,2} (1.2).
ValueHandle basic(Builder& b, std::string_view name, ValueHandle x, const Basic& options);

struct Bottleneck {
  int64_t channels = 1;
  int64_t factor = 1;  ///< the 1x1 has at most factor·channels outputs, and never more than inputs
  int64_t stride = 1;  ///< of the 3x3
  Init init = Init::kNormalFanOut;
};
/// 1x1 and 3x3, each with normalisation and ReLU: NAME.net.{0…5} (1.3).
ValueHandle bottleneck(Builder& b, std::string_view name, ValueHandle x, const Bottleneck& options);

struct FirstLayer {
  int64_t channels = 1;
  Stem stem = Stem::kCifar;
};
/// The first map: 3x3 (NAME.net.{0,1}), or 7x7 with bias and pooling (NAME.{0,1}) (2.2, 3.3).
ValueHandle first_layer(Builder& b, std::string_view name, ValueHandle x,
                        const FirstLayer& options);

struct Classifier {
  int64_t num_classes = 10;
  Stem stem = Stem::kCifar;
  int64_t hidden = 128;  ///< width on CIFAR; with the ImageNet stem the width is kept
  Init init = Init::kNormalFanOut;
  Init bias_init = Init::kZeros;
  /// Logits of the exit before, to which this exit's are added (BoostNet, specs/survey.md 4.1).
  std::optional<ValueHandle> adds_to;
};
/// Classifier and exit number `exit` on a map of 5 to 12 pixels a side: classifier.EXIT.* (1.4).
/// Returns the exit's logits. Throws Error (kUsage) for maps of another size.
ValueHandle classifier(Builder& b, int exit, ValueHandle x, const Classifier& options);

/// floor(factor·n) of IEEE doubles, as the published programs compute widths.
int64_t floor_of(double factor, int64_t n);

}  // namespace fovea::multi_exit
