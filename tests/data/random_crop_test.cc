#include "data/core/random_crop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "data/core/transform.h"
#include "support.h"

namespace fovea {
namespace {

TEST(RandomResizedCrop, DrawsPartsOfPermittedAreaAndAspect) {
  const RandomResizedCrop augment{.seed = 3, .side = 8};
  const Picture picture(60, 80);
  double least_area = 1;
  double largest_area = 0;
  int mirrored = 0;
  constexpr uint64_t kDraws = 2000;
  for (uint64_t i = 0; i < kDraws; ++i) {
    const CropBox box = augment.box(i / 100, i, picture.view());
    ASSERT_GE(box.top, 0);
    ASSERT_GE(box.left, 0);
    ASSERT_LE(box.top + box.height, picture.height);
    ASSERT_LE(box.left + box.width, picture.width);
    const double area = box.height * box.width / 4800.0;
    const double aspect = static_cast<double>(box.width) / box.height;
    least_area = std::min(least_area, area);
    largest_area = std::max(largest_area, area);
    EXPECT_GT(aspect, 0.75 * 0.93);  // extents are whole pixels
    EXPECT_LT(aspect, 4.0 / 3 * 1.07);
    mirrored += box.flip == Placement::Flip::kYes ? 1 : 0;
  }
  EXPECT_NEAR(least_area, 0.08, 0.01);
  EXPECT_GT(largest_area, 0.9);
  EXPECT_NEAR(mirrored, kDraws / 2.0, 120);
}

TEST(RandomResizedCrop, DependsOnSeedEpochAndSampleAlone) {
  const RandomResizedCrop augment{.seed = 3};
  const Picture picture(60, 80);
  const auto box = [&](uint64_t epoch, uint64_t sample) {
    return augment.box(epoch, sample, picture.view());
  };
  EXPECT_EQ(box(1, 2), box(1, 2));
  EXPECT_FALSE(box(1, 2) == box(2, 2));
  EXPECT_FALSE(box(1, 2) == box(1, 3));
  EXPECT_FALSE(box(1, 2) == (RandomResizedCrop{.seed = 4}.box(1, 2, picture.view())));
}

TEST(RandomResizedCrop, TakesTheCentreWhereNothingFits) {
  // No part of a strip has a permitted aspect and more than 8 % of the area.
  const Picture strip(4, 400);
  const CropBox box = RandomResizedCrop{.seed = 1}.box(0, 0, strip.view());
  EXPECT_EQ(box.height, 4);
  EXPECT_EQ(box.width, 5);
  EXPECT_EQ(box.left, 197);
}

TEST(RandomResizedCrop, ResizesThePartAndMirrorsIt) {
  const Picture picture = formula_picture(20, 30);
  const RandomResizedCrop augment{.seed = 1, .side = 7};
  const CropBox box{.top = 3, .left = 5, .height = 11, .width = 9};
  Picture part(box.height, box.width);
  for (int32_t y = 0; y < box.height; ++y) {
    std::copy_n(picture.view().row(y + box.top) + int64_t{3} * box.left, 3 * box.width,
                part.row(y));
  }
  const Picture expected = resize(part.view(), 7, 7);
  Picture plain;
  augment.apply(picture.view(), box, plain);
  EXPECT_EQ(plain, expected);
  CropBox flipped = box;
  flipped.flip = Placement::Flip::kYes;
  Picture mirrored;
  augment.apply(picture.view(), flipped, mirrored);
  for (int32_t y = 0; y < 7; ++y) {
    for (int32_t x = 0; x < 7; ++x) {
      for (int32_t c = 0; c < 3; ++c) {
        EXPECT_EQ(mirrored.row(y)[3 * x + c], plain.row(y)[3 * (6 - x) + c]);
      }
    }
  }
}

}  // namespace
}  // namespace fovea
