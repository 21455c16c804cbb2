// From a picture to the network's input: shorter side to a length, centre crop, normalisation.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "data/core/picture.h"
#include "fovea/error.h"

namespace fovea {

/// Per channel: (value / 255 - mean) / deviation.
struct Normalisation {
  std::array<double, kChannels> mean{0.0, 0.0, 0.0};
  std::array<double, kChannels> deviation{1.0, 1.0, 1.0};
  bool operator==(const Normalisation&) const = default;
};

/// What the published networks were trained with (specs/ranet.md 7.5; x/127.5 - 1 for
/// kPlusMinusOne).
inline constexpr Normalisation kCifar10Normalisation{{0.4914, 0.4824, 0.4467},
                                                     {0.2471, 0.2435, 0.2616}};
inline constexpr Normalisation kCifar100Normalisation{{0.5071, 0.4867, 0.4408},
                                                      {0.2675, 0.2565, 0.2761}};
inline constexpr Normalisation kImageNetNormalisation{{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
inline constexpr Normalisation kPlusMinusOneNormalisation{{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}};

/// Shorter side to `resize` pixels (antialiased bilinear), centre crop of `crop` x `crop`,
/// normalisation. A picture whose shorter side is `resize` already is not resampled.
/// Valid where 1 <= crop <= resize <= kMaxSide, means are finite, deviations finite and positive.
struct Transform {
  static constexpr int32_t kMaxSide = 16384;

  int32_t resize = 32;
  int32_t crop = 32;
  Normalisation normalise;

  /// "resize=256,crop=224,mean=0.485,0.456,0.406,std=0.229,0.224,0.225"; parses back to an equal
  /// Transform.
  [[nodiscard]] std::string text() const;
  /// Keys in any order, each at most once. Without `resize` or `crop` the other one's value holds;
  /// one of them must be there. mean and std take one number or three; without them: 0 and 1.
  /// Errors (kBadInput) name the key; `source` stands in messages.
  static Result<Transform> parse(std::string_view text, std::string_view source = "transform");

  /// Number of floats per picture: 3 * crop * crop.
  [[nodiscard]] size_t n_values() const {
    return kChannels * static_cast<size_t>(crop) * static_cast<size_t>(crop);
  }
  bool operator==(const Transform&) const = default;
};

/// Where the centre crop of `crop` of `whole` pixels begins: half of the margin, halves to the even
/// number (torchvision's).
int64_t crop_begin(int64_t whole, int32_t crop);

/// The geometric part alone: a picture of crop x crop. `picture` must not be empty. Work and memory
/// depend on the crop and on what it sees of the picture, never on the length of the resized
/// picture.
Picture resize_and_crop(PictureView picture, const Transform& transform);

/// Antialiased bilinear resize to height x width, bit-equal to Pillow's on 8-bit pictures (which is
/// torchvision's): triangle filter, widened by the scale when shrinking, columns first, rows
/// second, 8-bit in between.
Picture resize(PictureView picture, int32_t height, int32_t width);

/// Normalised values, planar [3, height, width]; `out` holds exactly that many floats.
/// Thread-safety: may be used by many threads.
class Normaliser {
 public:
  explicit Normaliser(const Normalisation& normalisation);
  void apply(PictureView picture, std::span<float> out) const;

 private:
  std::array<std::array<float, 256>, kChannels> table_{};
};

/// The whole transform; `out` holds transform.n_values() floats, planar [3, crop, crop].
void apply(const Transform& transform, PictureView picture, std::span<float> out);

}  // namespace fovea
