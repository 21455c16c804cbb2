// What a data set's name says about a network: stem, number of classes, size, transform, labels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// Two ways into a network: a 3x3 convolution at full size, or a 7x7 of stride 2 and a pooling.
enum class Stem : uint8_t { kCifar, kImageNet };

/// The task of a network that classifies square colour pictures.
struct ImageTask {
  Stem stem = Stem::kCifar;
  int64_t num_classes = 10;
  int64_t input_size = 32;
  std::string mean, std;            ///< per channel, as the text form of a transform has them
  std::vector<std::string> labels;  ///< names of the classes, or empty

  /// "resize=256,crop=224,mean=…,std=…": the test transform of specs/ranet.md 7.5, scaled to the
  /// input size.
  [[nodiscard]] std::string transform() const;
};

/// `data` is matched by prefix without regard to case: cifar100, cifar10, imagenet (specs/ranet.md
/// 1.5 and 9.5). Zero for classes or size: as the data set has them; labels are given only where
/// the number of classes is the data set's. Throws Error (kUsage) for another data set.
ImageTask image_task(std::string_view where, std::string_view data, int64_t num_classes,
                     int64_t input_size);

}  // namespace fovea
