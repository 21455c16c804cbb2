#include "data/core/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <vector>

#include "data/core/dataset.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

/// The definition, pixel by pixel: pad with black, cut, mirror.
Picture padded_cut(const Picture& picture, int32_t pad, const Placement& p) {
  Picture out(picture.height, picture.width);
  for (int32_t y = 0; y < out.height; ++y) {
    for (int32_t x = 0; x < out.width; ++x) {
      const int32_t from_y = y + p.top - pad;
      const int32_t at = p.flip == Placement::Flip::kYes ? out.width - 1 - x : x;
      const int32_t from_x = at + p.left - pad;
      if (from_y < 0 || from_y >= picture.height || from_x < 0 || from_x >= picture.width) continue;
      for (int32_t c = 0; c < 3; ++c) {
        out.row(y)[3 * x + c] = picture.view().row(from_y)[3 * from_x + c];
      }
    }
  }
  return out;
}

TEST(PadCropFlip, EqualsItsDefinitionAtEveryPlace) {
  const Picture picture = formula_picture(6, 5);
  const PadCropFlip augment{.seed = 1, .pad = 4};
  Picture out;
  for (int32_t top = 0; top <= 8; ++top) {
    for (int32_t left = 0; left <= 8; ++left) {
      for (const auto flip : {Placement::Flip::kNo, Placement::Flip::kYes}) {
        const Placement p{top, left, flip};
        augment.apply(picture.view(), p, out);
        ASSERT_EQ(out, padded_cut(picture, 4, p)) << top << " " << left;
      }
    }
  }
}

TEST(PadCropFlip, DrawsDependOnSeedEpochAndSampleAlone) {
  const auto cut = [](uint64_t seed, uint64_t epoch, uint64_t sample) {
    const Placement p = PadCropFlip{.seed = seed}.placement(epoch, sample, 32, 24);
    return std::tuple(p.top, p.left, p.flip);
  };
  const auto grey = [](uint64_t seed, uint64_t epoch, uint64_t sample) {
    const Placement p = PadCropFlip{.seed = seed}.placement(epoch, sample, 32, 24);
    return std::tuple(p.grey_top, p.grey_left);
  };
  const auto count = [](const auto& draw) {
    EXPECT_EQ(draw(7, 3, 11), draw(7, 3, 11));
    int differs = 0;
    for (uint64_t k = 0; k < 50; ++k) {
      differs += draw(7, 3, k) != draw(7, 4, k) ? 1 : 0;
      differs += draw(7, 3, k) != draw(8, 3, k) ? 1 : 0;
      differs += draw(7, 3, k) != draw(7, 3, k + 1) ? 1 : 0;
    }
    return differs;
  };
  EXPECT_GT(count(cut), 140);
  EXPECT_GT(count(grey), 140);
}

TEST(PadCropFlip, EveryPlaceAndBothSidesComeUpEvenly) {
  const PadCropFlip augment{.seed = 0};
  std::vector<int> top(9), left(9);
  int flips = 0;
  constexpr int kDraws = 9000;
  for (uint64_t k = 0; k < kDraws; ++k) {
    const Placement p = augment.placement(0, k, 32, 24);
    ++top[static_cast<size_t>(p.top)];
    ++left[static_cast<size_t>(p.left)];
    flips += p.flip == Placement::Flip::kYes ? 1 : 0;
  }
  for (const int n : top) EXPECT_NEAR(n, 1000, 150);
  for (const int n : left) EXPECT_NEAR(n, 1000, 150);
  EXPECT_NEAR(2 * flips, kDraws, 500);
}

TEST(PadCropFlip, CutsOutOneSquareAsFarAsItLiesInThePicture) {
  const Picture picture = formula_picture(6, 5);
  Picture whole, cut;
  for (const int32_t side : {1, 2, 3, 20}) {
    for (int32_t y = 0; y < 6; ++y) {
      for (int32_t x = 0; x < 5; ++x) {
        const Placement p{.top = 3, .left = 5, .grey_top = y, .grey_left = x};
        PadCropFlip{}.apply(picture.view(), p, whole);
        PadCropFlip{.cutout = side}.apply(picture.view(), p, cut);
        for (int32_t i = 0; i < 6; ++i) {
          for (int32_t j = 0; j < 5; ++j) {
            const bool grey = i >= y - side / 2 && i < y - side / 2 + side && j >= x - side / 2 &&
                              j < x - side / 2 + side;
            for (int32_t c = 0; c < 3; ++c) {
              ASSERT_EQ(cut.row(i)[3 * j + c], grey ? 128 : whole.row(i)[3 * j + c]);
            }
          }
        }
      }
    }
  }
}

TEST(PadCropFlip, SquaresLieAnywhere) {
  const PadCropFlip augment{.cutout = 8};
  std::vector<int> rows(32), columns(24);
  for (uint64_t k = 0; k < 9600; ++k) {
    const Placement p = augment.placement(1, k, 32, 24);
    ++rows.at(static_cast<size_t>(p.grey_top));
    ++columns.at(static_cast<size_t>(p.grey_left));
  }
  for (const int n : rows) EXPECT_NEAR(n, 300, 90);
  for (const int n : columns) EXPECT_NEAR(n, 400, 100);
}

TEST(EpochOrder, IsAPermutationThatChangesWithEpochAndSeed) {
  const std::vector<int64_t> order = epoch_order(5, 2, 1000);
  EXPECT_EQ(std::set<int64_t>(order.begin(), order.end()).size(), 1000U);
  EXPECT_EQ(*std::max_element(order.begin(), order.end()), 999);
  EXPECT_EQ(order, epoch_order(5, 2, 1000));
  EXPECT_NE(order, epoch_order(5, 3, 1000));
  EXPECT_NE(order, epoch_order(6, 2, 1000));
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  EXPECT_TRUE(epoch_order(5, 2, 0).empty());
}

TEST(HoldOut, CutsTheLastOfASeededPermutation) {
  const HoldOut parts = hold_out(50000, {.seed = 3, .count = 5000});
  EXPECT_EQ(parts.train.size(), 45000U);
  EXPECT_EQ(parts.val.size(), 5000U);
  std::set<int64_t> all(parts.train.begin(), parts.train.end());
  all.insert(parts.val.begin(), parts.val.end());
  EXPECT_EQ(all.size(), 50000U);
  EXPECT_EQ(parts.val, hold_out(50000, {.seed = 3, .count = 5000}).val);
  EXPECT_NE(parts.val, hold_out(50000, {.seed = 4, .count = 5000}).val);
}

TEST(HoldOut, IsATenthUnlessSaidOtherwise) {
  EXPECT_EQ(hold_out(99, {}).val.size(), 9U);
  EXPECT_EQ(hold_out(9, {.count = 9}).train.size(), 0U);
  EXPECT_THAT(
      error_of([] { hold_out(9, {.count = 10}); }),
      HasSubstr("cannot hold out more samples than there are (expected at most 9; found 10)"));
}

DatasetPtr three_pictures() {
  std::vector<Sample> samples;
  for (int32_t i = 0; i < 3; ++i) {
    samples.push_back({Picture(1, i + 1), i % 2, "p" + std::to_string(i)});
  }
  return std::make_shared<MemoryDataset>(std::vector<std::string>{"a", "b"}, std::move(samples));
}

TEST(Subset, ShowsTheChosenSamplesInOrder) {
  const Subset subset(three_pictures(), {2, 1});
  EXPECT_EQ(subset.size(), 2);
  EXPECT_EQ(subset.n_classes(), 2);
  EXPECT_EQ(subset.file_name(0), "p2");
  EXPECT_EQ(subset.label(1), 1);
  EXPECT_EQ(subset.picture(0).value().width, 3);
  EXPECT_EQ(subset.view(1)->width, 2);
}

TEST(Subset, RefusesIndicesOutOfRange) {
  EXPECT_THAT(error_of([] {
                Subset(three_pictures(), {0, 3});
              }),
              HasSubstr("expected an index below 3; found 3"));
}

TEST(MemoryDataset, RefusesLabelsWithoutAClass) {
  EXPECT_THAT(error_of([] {
                MemoryDataset({"a"}, {{Picture(1, 1), 1, "p"}});
              }),
              HasSubstr("the label has no class (p; expected a label below 1; found 1)"));
}

TEST(ContentHash, DependsOnBytesNotOnHowTheyCome) {
  const std::vector<uint8_t> bytes = formula_picture(9, 7).pixels;
  ContentHash whole;
  whole.add(bytes);
  for (const size_t cut : {1U, 7U, 8U, 13U, 100U}) {
    ContentHash parts;
    parts.add(std::span(bytes).first(cut));
    parts.add(std::span(bytes).subspan(cut));
    EXPECT_EQ(parts.value(), whole.value()) << cut;
  }
  ContentHash other;
  std::vector<uint8_t> changed = bytes;
  changed[100] ^= 1;
  other.add(changed);
  EXPECT_NE(other.value(), whole.value());
  EXPECT_NE(content_hash(Picture(2, 3).view()), content_hash(Picture(3, 2).view()));
}

}  // namespace
}  // namespace fovea
