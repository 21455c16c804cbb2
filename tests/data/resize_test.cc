#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/noise.h"
#include "data/core/transform.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::ElementsAreArray;

TEST(Resize, EqualsPillowPixelByPixel) {
  const Picture out = resize(formula_picture(5, 7).view(), 3, 4);
  EXPECT_THAT(out.pixels,
              ElementsAreArray({52,  143, 187, 142, 151, 109, 117, 127, 78,  103, 138, 165,
                                147, 126, 121, 115, 126, 166, 92,  133, 156, 117, 128, 161,
                                186, 95,  124, 171, 130, 109, 181, 139, 119, 136, 121, 151}));
}

struct ResizeCase {
  int32_t height, width, to_height, to_width;
  uint64_t digest;
};

TEST(Resize, EqualsPillowWhenShrinkingGrowingAndInOneDirectionOnly) {
  for (const ResizeCase& c : std::vector<ResizeCase>{{64, 64, 17, 23, 0x908970c12b507523},
                                                     {9, 13, 40, 5, 0x0a2b01cb48e20d02},
                                                     {31, 50, 31, 20, 0xb3ba8c803739225b},
                                                     {31, 50, 77, 50, 0xa44a5ca9fbc0e497}}) {
    const Picture out = resize(formula_picture(c.height, c.width).view(), c.to_height, c.to_width);
    EXPECT_EQ(fnv1a(text_of(out.pixels)), c.digest)
        << c.height << "x" << c.width << " to " << c.to_height << "x" << c.to_width;
  }
}

struct CropCase {
  int32_t height, width, resize, crop;
  uint64_t digest;
};

TEST(ResizeAndCrop, EqualsTorchvisionsResizeAndCentreCrop) {
  for (const CropCase& c : std::vector<CropCase>{{40, 23, 16, 8, 0x6575c05c20a128da},
                                                 {23, 41, 32, 31, 0x59340a051aa5d474},
                                                 {1, 1, 32, 32, 0xa6cd10586b348f25},
                                                 {3, 300, 32, 32, 0x5d1656327bb17036},
                                                 {300, 3, 32, 32, 0x29573040b40e74ef},
                                                 {100, 75, 75, 64, 0x3d3f6dd5c7946f25},
                                                 {48, 37, 36, 24, 0xf03677f04674211a}}) {
    const Picture out = resize_and_crop(formula_picture(c.height, c.width).view(),
                                        {.resize = c.resize, .crop = c.crop, .normalise = {}});
    EXPECT_EQ(out.height, c.crop);
    EXPECT_EQ(out.width, c.crop);
    EXPECT_EQ(fnv1a(text_of(out.pixels)), c.digest) << c.height << "x" << c.width;
  }
}

/// Antialiased bilinear resampling as it is defined: a sum over the whole picture in doubles, the
/// triangle as wide as a pixel of the smaller of both grids, normalised to 1 at the rims. These are
/// the weights of the `from` pixels in the one of `to` at a place.
std::vector<double> definition_weights(int32_t from, int32_t to, int32_t place) {
  const double scale = static_cast<double>(from) / to;
  const double reach = std::max(scale, 1.0);
  std::vector<double> out;
  for (int32_t k = 0; k < from; ++k) {
    out.push_back(std::max(0.0, 1.0 - std::abs(k + 0.5 - (place + 0.5) * scale) / reach));
  }
  const double sum = std::accumulate(out.begin(), out.end(), 0.0);
  for (double& each : out) each /= sum;
  return out;
}

double defined_value(const Picture& src, const std::vector<double>& rows,
                     const std::vector<double>& columns, size_t channel) {
  double sum = 0;
  for (size_t y = 0; y < rows.size(); ++y) {
    if (rows[y] == 0) continue;
    for (size_t x = 0; x < columns.size(); ++x) {
      sum +=
          rows[y] * columns[x] * src.view().row(static_cast<int32_t>(y))[kChannels * x + channel];
    }
  }
  return sum;
}

std::vector<double> by_definition(const Picture& src, int32_t height, int32_t width) {
  std::vector<std::vector<double>> columns;
  for (int32_t x = 0; x < width; ++x) {
    columns.push_back(definition_weights(src.width, width, x));
  }
  std::vector<double> out;
  for (int32_t y = 0; y < height; ++y) {
    const std::vector<double> rows = definition_weights(src.height, height, y);
    for (const std::vector<double>& column : columns) {
      for (size_t c = 0; c < kChannels; ++c) out.push_back(defined_value(src, rows, column, c));
    }
  }
  return out;
}

TEST(Resize, IsWithinOneOf255OfTheDefinitionOnRandomSizes) {
  NoiseCursor noise(Noise(5, "sizes"));
  const auto size = [&] { return static_cast<int32_t>(1 + noise.below(70)); };
  double worst = 0;
  for (int round = 0; round < 60; ++round) {
    Picture picture(size(), size());
    for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(noise.below(256));
    const int32_t height = size();
    const int32_t width = size();
    const Picture out = resize(picture.view(), height, width);
    const std::vector<double> expected = by_definition(picture, height, width);
    ASSERT_EQ(out.pixels.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      worst = std::max(worst, std::abs(out.pixels[i] - expected[i]));
      ASSERT_LE(std::abs(out.pixels[i] - std::lround(expected[i])), 1);
    }
    // Half for each of two roundings to 8 bit, and weights of 22 bits.
    ASSERT_LE(worst, 1.0 + 1e-3) << picture.height << "x" << picture.width << " to " << height
                                 << "x" << width;
  }
  // The bound is not met by chance alone.
  EXPECT_GT(worst, 0.5);
}

/// The definition at a few pixels only, which large pictures can afford.
TEST(Resize, IsWithinOneOf255OfTheDefinitionOnLargeSizesToo) {
  NoiseCursor noise(Noise(6, "large"));
  constexpr int kPictures = 300;
  constexpr int kPixels = 8;
  const auto size = [&] { return static_cast<int32_t>(1 + noise.below(700)); };
  for (int round = 0; round < kPictures; ++round) {
    Picture picture(size(), size());
    const uint64_t shift = noise.below(256);
    for (size_t i = 0; i < picture.pixels.size(); ++i) {
      picture.pixels[i] = static_cast<uint8_t>((i * i >> 5) + i * shift);
    }
    const int32_t height = size();
    const int32_t width = size();
    const Picture out = resize(picture.view(), height, width);
    ASSERT_EQ(out.height, height);
    ASSERT_EQ(out.width, width);
    for (int pixel = 0; pixel < kPixels; ++pixel) {
      const auto y = static_cast<int32_t>(noise.below(static_cast<uint64_t>(height)));
      const auto x = static_cast<int32_t>(noise.below(static_cast<uint64_t>(width)));
      const std::vector<double> rows = definition_weights(picture.height, height, y);
      const std::vector<double> columns = definition_weights(picture.width, width, x);
      for (size_t c = 0; c < kChannels; ++c) {
        const double expected = defined_value(picture, rows, columns, c);
        ASSERT_LE(std::abs(out.view().row(y)[kChannels * static_cast<size_t>(x) + c] - expected),
                  1.0 + 1e-3)
            << picture.height << "x" << picture.width << " to " << height << "x" << width << " at "
            << y << ", " << x;
      }
    }
  }
}

TEST(ResizeAndCrop, WorkFollowsTheCropNotTheResizedPicture) {
  // Resized whole, this picture would be 224 x 448,000,000.
  const Picture wide(1, 2'000'000);
  const Picture out = resize_and_crop(wide.view(), {.resize = 224, .crop = 224, .normalise = {}});
  EXPECT_EQ(out, Picture(224, 224));
  Picture tall(2'000'000, 1);
  tall.row(999'999)[0] = 200;
  tall.row(1'000'000)[0] = 200;
  const Picture from_tall =
      resize_and_crop(tall.view(), {.resize = 64, .crop = 64, .normalise = {}});
  EXPECT_EQ(from_tall.pixels[size_t{3} * (size_t{32} * 64 + 32)], 200);
}

TEST(ResizeAndCrop, KeepsAPictureOfTheRightSize) {
  const Picture picture = formula_picture(32, 32);
  EXPECT_EQ(resize_and_crop(picture.view(), {.resize = 32, .crop = 32, .normalise = {}}), picture);
}

}  // namespace
}  // namespace fovea
