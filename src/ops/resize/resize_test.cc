#include "ops/resize/resize.h"

#include <cmath>

#include "op_testing.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::FloatNear;
using testing::HasSubstr;
using testing::Pointwise;

/// One row of a map, resized.
std::vector<float> row(const std::string& mode, const std::vector<float>& src, int64_t width) {
  OpUnderTest op("resize(a) size=1x" + std::to_string(width) + " mode=" + mode,
                 {{1, 1, static_cast<int64_t>(src.size())}});
  return op.values({src});
}

TEST(Resize, AlignedBilinearKeepsTheCorners) {
  EXPECT_THAT(row("bilinear_aligned", {0, 3}, 4), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(row("bilinear_aligned", {0, 1, 2, 3, 4}, 3), ElementsAre(0, 2, 4));
  EXPECT_THAT(row("bilinear_aligned", {7, 9}, 1), ElementsAre(7));
  EXPECT_THAT(row("bilinear_aligned", {7}, 3), ElementsAre(7, 7, 7));
}

TEST(Resize, AlignedBilinearFollowsTheFormulaAtUnevenRatios) {
  const std::vector<float> src{3, -1, 4, 1, -5, 9, 2};
  for (const int64_t n_out : {2, 5, 9, 14, 17}) {
    std::vector<float> wanted;
    const auto n_in = static_cast<int64_t>(src.size());
    for (int64_t o = 0; o < n_out; ++o) {
      const float scale = static_cast<float>(n_in - 1) / static_cast<float>(n_out - 1);
      const float p = scale * static_cast<float>(o);
      const auto i0 = static_cast<int64_t>(std::floor(p));
      const int64_t i1 = i0 < n_in - 1 ? i0 + 1 : i0;
      const float w = p - static_cast<float>(i0);
      wanted.push_back((1 - w) * src[static_cast<size_t>(i0)] + w * src[static_cast<size_t>(i1)]);
    }
    EXPECT_THAT(row("bilinear_aligned", src, n_out), Pointwise(FloatNear(1e-6F), wanted));
  }
}

TEST(Resize, BilinearReadsAtPixelCentresAndClampsBorders) {
  EXPECT_THAT(row("bilinear", {0, 4}, 4), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(row("bilinear", {0, 2, 4, 6}, 2), ElementsAre(1, 5));
}

TEST(Resize, NearestTakesTheFloor) {
  EXPECT_THAT(row("nearest", {1, 2, 3}, 6), ElementsAre(1, 1, 2, 2, 3, 3));
  EXPECT_THAT(row("nearest", {1, 2, 3, 4, 5}, 3), ElementsAre(1, 2, 4));
}

TEST(Resize, AreaIsTheMeanOfWhatIsCovered) {
  EXPECT_THAT(row("area", {1, 3, 5, 7}, 2), ElementsAre(2, 6));
  // 3 -> 2: intervals [0, 1.5) and [1.5, 3).
  EXPECT_THAT(row("area", {3, 6, 9}, 2), ElementsAre(FloatNear(4, 1e-6F), FloatNear(8, 1e-6F)));
}

TEST(Resize, TreatsBothAxesIndependently) {
  OpUnderTest op("resize(a) size=3x2 mode=bilinear_aligned", {{2, 2, 3}});
  EXPECT_EQ(op.shape(), (Shape{2, 3, 2}));
  EXPECT_THAT(op.values({{0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112}}),
              ElementsAre(0, 2, 5, 7, 10, 12, 100, 102, 105, 107, 110, 112));
}

TEST(Resize, OfEqualSizeIsTheIdentityInEveryMode) {
  const std::vector<float> src{0.1F, 0.7F, -0.3F, 1e8F, 1e-8F};
  for (const std::string_view mode : kEnumNames<ResizeMode>) {
    EXPECT_THAT(row(std::string(mode), src, 5), ElementsAreArray(src)) << mode;
  }
  EXPECT_EQ(OpUnderTest("resize(a) size=2x2", {{3, 2, 2}}).cost(), Cost{});
}

TEST(Resize, WeightsSumToOne) {
  for (size_t mode = 0; mode < kEnumNames<ResizeMode>.size(); ++mode) {
    for (const auto& [n_in, n_out] :
         {std::pair<int64_t, int64_t>{7, 14}, {17, 9}, {5, 3}, {1, 4}}) {
      const ResizeAxis axis = resize_axis(static_cast<ResizeMode>(mode), n_in, n_out);
      ASSERT_EQ(axis.weight.size(), static_cast<size_t>(n_out * axis.taps));
      for (int64_t o = 0; o < n_out; ++o) {
        float sum = 0;
        for (int64_t t = 0; t < axis.taps; ++t) {
          const auto at = static_cast<size_t>(o * axis.taps + t);
          sum += axis.weight[at];
          EXPECT_GE(axis.index[at], 0);
          EXPECT_LT(axis.index[at], n_in);
        }
        EXPECT_NEAR(sum, 1.0F, 1e-6F)
            << kEnumNames<ResizeMode>[mode] << " " << n_in << " " << n_out;
      }
    }
  }
}

TEST(Resize, NamesWhatDoesNotFit) {
  EXPECT_THAT(op_error("resize(a) size=0x2", {{1, 2, 2}}), HasSubstr("found 0x2"));
  EXPECT_THAT(op_error("resize(a) size=2x2", {{4}}), HasSubstr("found inputs [4]"));
  EXPECT_THAT(op_error("resize(a) mode=cubic", {{1, 2, 2}}), HasSubstr("bilinear_aligned"));
}

}  // namespace
}  // namespace fovea
