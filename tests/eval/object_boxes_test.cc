#include "eval/object_boxes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

namespace fovea {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;
using ::testing::SizeIs;

TEST(ParseBoxes, ReadsListsWithAndWithoutAHeader) {
  const ObjectBoxes tabs =
      parse_boxes("val_2.JPEG\tn04\t4\t0\t60\t55\r\n\nb.jpg\t0\t1\t3\t1\n", "boxes").value();
  ASSERT_THAT(tabs, SizeIs(2));
  EXPECT_EQ(tabs.at("val_2.JPEG").x1, 60);
  EXPECT_EQ(tabs.at("val_2.JPEG").area(), 57 * 56);
  EXPECT_EQ(tabs.at("b.jpg").area(), 4);
  const ObjectBoxes scenes =
      parse_boxes("file,label,class,x0,y0,x1,y1,difficulty\n000001.png,3,star,1,2,10,21,0.7\n",
                  "list")
          .value();
  EXPECT_EQ(scenes.at("000001.png").area(), 200);
}

TEST(ParseBoxes, ErrorsNameTheLine) {
  const auto message = [](std::string_view text) {
    return parse_boxes(text, "boxes.txt").error().message();
  };
  EXPECT_THAT(message("a,0,0,1,1\nb,1,2\n"), HasSubstr("too short (boxes.txt:2; expected 5 cells"));
  EXPECT_THAT(message("a,0,0,1,x\n"), HasSubstr("a box is none (boxes.txt:1"));
  EXPECT_THAT(message("a,5,0,1,1\n"), HasSubstr("x0 <= x1"));
  EXPECT_THAT(message("a,0,0,inf,1\n"), HasSubstr("a box is none"));
  EXPECT_THAT(message("x/a,0,0,1,1\ny/a,0,0,1,1\n"), HasSubstr("two boxes for one file"));
  EXPECT_THAT(message("\n"), HasSubstr("no box (boxes.txt"));
}

TEST(ObjectSizes, AreSidesRelativeToThePicture) {
  std::vector<Sample> samples;
  for (const char* name : {"a/1.png", "a/2.png"}) samples.push_back({Picture(10, 20), 0, name});
  const MemoryDataset data({"a"}, std::move(samples));
  const ObjectBoxes boxes{{"1.png", {0, 0, 19, 9}}, {"2.png", {5, 5, 14, 9}}};
  EXPECT_THAT(object_sizes(data, boxes).value(), ElementsAre(1.0, DoubleNear(0.5, 1e-12)));
  EXPECT_THAT(object_sizes(data, {{"1.png", {0, 0, 1, 1}}}).error().message(),
              HasSubstr("a picture has no box in the list (a/2.png"));
}

/// Exit 0 is right for large objects only, exit 1 always; whoever is right at exit 0 leaves there.
TEST(AccuracyBySize, SplitsByRankAndCountsPerBin) {
  constexpr int64_t kSamples = 10;
  Scores scores{.values = Tensor::f32({2, kSamples, 2}), .costs = {1, 2}};
  AdaptiveReport adaptive{.n = kSamples};
  std::vector<double> sizes;
  for (int64_t i = 0; i < kSamples; ++i) {
    const bool large = i >= 6;
    sizes.push_back(0.1 * static_cast<double>(i + 1));
    scores.labels.push_back(1);
    scores.values.f()[2 * i + (large ? 1 : 0)] = 1;
    scores.values.f()[2 * (kSamples + i) + 1] = 1;
    adaptive.exits.push_back(large ? 0 : 1);
    adaptive.answers.push_back(1);
  }
  const auto bins = accuracy_by_size(scores, sizes, adaptive, 5);
  ASSERT_THAT(bins, SizeIs(5));
  EXPECT_EQ(bins[0].n, 2);
  EXPECT_THAT(bins[0].exit_top1, ElementsAre(0, 100));
  EXPECT_THAT(bins[0].counts, ElementsAre(0, 2));
  EXPECT_THAT(bins[4].exit_top1, ElementsAre(100, 100));
  EXPECT_THAT(bins[4].counts, ElementsAre(2, 0));
  EXPECT_THAT(bins[4].adaptive_top1, Optional(100.0));
  EXPECT_DOUBLE_EQ(bins[4].low, 0.9);
  EXPECT_DOUBLE_EQ(bins[4].high, 1.0);
  // Equal sizes stay together, whatever that does to the numbers; unknown classes are left out.
  std::fill(sizes.begin() + 1, sizes.end(), 0.5);
  scores.labels[3] = -1;
  const auto tied = accuracy_by_size(scores, sizes, adaptive, 5);
  ASSERT_THAT(tied, SizeIs(2));
  EXPECT_EQ(tied[0].n, 1);
  EXPECT_EQ(tied[1].n, 8);
  EXPECT_THROW((void)accuracy_by_size(scores, std::span(sizes).first(3), adaptive), Error);
}

}  // namespace
}  // namespace fovea
