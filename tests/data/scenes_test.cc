#include "data/core/scenes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/core/scenes_parts.h"
#include "scenes_digest.h"
#include "support.h"

namespace fovea {
namespace {

using ::testing::HasSubstr;

// Changes only where the renderer is meant to change; models trained on scenes then change, too.
constexpr uint64_t kDigest = 0x2dc64e47ef366df9;

TEST(Scenes, PixelsAndTruthHaveTheCommittedDigest) { EXPECT_EQ(scenes_digest(), kDigest); }

TEST(Scenes, APictureDependsOnSeedAndNumberAlone) {
  const ScenePicture alone = render_scene({.seed = 3}, 17);
  render_scene({.seed = 4}, 18);
  EXPECT_EQ(render_scene({.seed = 3}, 17).picture, alone.picture);
  EXPECT_NE(render_scene({.seed = 4}, 17).picture, alone.picture);
  EXPECT_NE(render_scene({.seed = 3}, 18).picture, alone.picture);
  const ScenesDataset tail({.seed = 3}, 5, 15);
  EXPECT_EQ(tail.picture(2).value(), alone.picture);
  EXPECT_EQ(tail.label(2), alone.truth.label);
  EXPECT_EQ(tail.file_name(2), "000017.png");
  EXPECT_EQ(tail.n_classes(), 10);
}

TEST(Scenes, ClassesAreBalancedInEveryBlockOfTen) {
  const ScenesDataset data({.seed = 9}, 200);
  for (int64_t block = 0; block < 20; ++block) {
    std::set<int32_t> labels;
    for (int64_t k = 0; k < 10; ++k) labels.insert(data.label(10 * block + k));
    EXPECT_EQ(labels.size(), 10U);
  }
}

TEST(Scenes, TruthIsWithinBoundsAndSpread) {
  int easy = 0;
  int hard = 0;
  int hidden = 0;
  for (int64_t i = 0; i < 300; ++i) {
    const SceneTruth t = render_scene({.seed = 1}, i).truth;
    EXPECT_LE(0, t.x0);
    EXPECT_LT(t.x0 + 4, t.x1) << i;
    EXPECT_LE(t.x1, 64);
    EXPECT_LE(0, t.y0);
    EXPECT_LT(t.y0 + 4, t.y1) << i;
    EXPECT_LE(t.y1, 64);
    EXPECT_GE(t.difficulty(), 0.0);
    EXPECT_LE(t.difficulty(), 1.0);
    EXPECT_LE(t.occlusion_permille, 700) << i;
    EXPECT_GE(t.contrast_permille, 30) << i;
    easy += t.difficulty() < 0.25 ? 1 : 0;
    hard += t.difficulty() > 0.6 ? 1 : 0;
    hidden += t.occlusion_permille > 0 ? 1 : 0;
  }
  EXPECT_GT(easy, 75);
  EXPECT_GT(hard, 20);
  EXPECT_GT(hidden, 60);
  EXPECT_LT(hidden, 200);
}

TEST(Scenes, HarderPicturesAreSmallerAndFainter) {
  double size_easy = 0, size_hard = 0, contrast_easy = 0, contrast_hard = 0;
  int easy = 0, hard = 0;
  for (int64_t i = 0; i < 400; ++i) {
    const SceneTruth t = render_scene({.seed = 2, .side = 32}, i).truth;
    if (t.difficulty() < 0.3) {
      ++easy;
      size_easy += t.size_permille;
      contrast_easy += t.contrast_permille;
    } else if (t.difficulty() > 0.5) {
      ++hard;
      size_hard += t.size_permille;
      contrast_hard += t.contrast_permille;
    }
  }
  ASSERT_GT(easy, 50);
  ASSERT_GT(hard, 50);
  EXPECT_GT(size_easy / easy, 1.3 * size_hard / hard);
  EXPECT_GT(contrast_easy / easy, 1.3 * contrast_hard / hard);
}

TEST(Scenes, TheObjectIsWhereTheBoxSays) {
  // Painting the same scene with another colour changes pixels in the box (and its shadow) alone.
  for (int64_t i = 0; i < 20; ++i) {
    scenes::Scene scene = scenes::describe({.seed = 5}, i);
    scene.occluders.clear();
    const ScenePicture one = scenes::paint(scene);
    for (int32_t& value : scene.object) value = 255 - value / 2;
    const ScenePicture other = scenes::paint(scene);
    const SceneTruth& t = one.truth;
    int inside = 0;
    for (int32_t y = 0; y < 64; ++y) {
      for (int32_t x = 0; x < 64; ++x) {
        const bool differs = one.picture.view().row(y)[int64_t{3} * x] !=
                             other.picture.view().row(y)[int64_t{3} * x];
        const bool near = x >= t.x0 - 1 && x <= t.x1 && y >= t.y0 - 1 && y <= t.y1;
        EXPECT_TRUE(near || !differs) << i << ": " << x << "," << y;
        inside += differs ? 1 : 0;
      }
    }
    EXPECT_GT(inside, 30) << i;
  }
}

TEST(Scenes, ShapesHaveSimilarAreasAndStayInTheirCircle) {
  for (int32_t label = 0; label < 10; ++label) {
    int held = 0;
    int outside = 0;
    for (int32_t y = -5000; y <= 5000; y += 50) {
      for (int32_t x = -5000; x <= 5000; x += 50) {
        if (!scenes::shape_holds(label, {x, y})) continue;
        ++held;
        // Corners are given in thousandths, hence the small margin.
        outside += int64_t{x} * x + int64_t{y} * y > int64_t{4150} * 4150 ? 1 : 0;
      }
    }
    const double area = held * 2500.0 / (4096.0 * 4096.0);
    EXPECT_GT(area, 1.0) << kSceneClasses[static_cast<size_t>(label)];
    EXPECT_LT(area, 2.1) << kSceneClasses[static_cast<size_t>(label)];
    EXPECT_EQ(outside, 0) << kSceneClasses[static_cast<size_t>(label)];
  }
}

TEST(Scenes, OptionsOutOfRangeAreRefused) {
  EXPECT_THAT(error_of([] { render_scene({.side = 15}, 0); }),
              HasSubstr("a scene's side is out of range (expected 16 to 1024 pixels; found 15)"));
  EXPECT_THAT(error_of([] { render_scene({}, -1); }), HasSubstr("negative"));
  EXPECT_THAT(error_of([] { ScenesDataset({.side = 2000}, 1); }), HasSubstr("2000"));
}

TEST(Scenes, ListLinesGiveTheTruth) {
  SceneTruth t{.label = 8, .x0 = 1, .y0 = 2, .x1 = 30, .y1 = 40};
  t.difficulty_permille = 52;
  EXPECT_EQ(scene_csv_line(7, t), "000007.png,8,star,1,2,30,40,0.052");
  t.difficulty_permille = 1000;
  EXPECT_EQ(scene_csv_line(1234567, t), "1234567.png,8,star,1,2,30,40,1.000");
}

}  // namespace
}  // namespace fovea
