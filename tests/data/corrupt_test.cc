#include "data/core/corrupt.h"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "corrupt_digest.h"
#include "data/core/scenes.h"
#include "support.h"

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr uint64_t kCorruptDigest = 0x0803e06e7509dbeb;

Picture scene(int64_t i) { return render_scene({.seed = 5, .side = 32}, i).picture; }

Picture plain(uint8_t value) {
  Picture out(32, 40);
  std::fill(out.pixels.begin(), out.pixels.end(), value);
  return out;
}

double mean_square(const Picture& a, const Picture& b) {
  double sum = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    const double difference = static_cast<double>(a.pixels[i]) - static_cast<double>(b.pixels[i]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(a.pixels.size());
}

TEST(Corrupt, PixelsHaveTheCommittedDigest) { EXPECT_EQ(corrupt_digest(), kCorruptDigest); }

TEST(Corrupt, MoreStrengthChangesMore) {
  for (const CorruptionKind kind : kCorruptionKinds) {
    double before = 0;
    for (int strength = 1; strength <= kMaxCorruption; ++strength) {
      double change = 0;
      for (int64_t i = 0; i < 5; ++i) {
        change += mean_square(scene(i), corrupted(scene(i).view(), {kind, strength, 0}, i));
      }
      EXPECT_GT(change, before * 1.05) << corruption_name(kind) << " " << strength;
      before = change;
    }
  }
}

TEST(Corrupt, NoiseHasTheStatedDeviationAndNoBias) {
  const Picture grey = plain(128);
  const Picture out = corrupted(grey.view(), {CorruptionKind::kNoise, 3, 1}, 0);
  double sum = 0;
  for (const uint8_t value : out.pixels) sum += value;
  EXPECT_NEAR(sum / static_cast<double>(out.pixels.size()), 128, 1);
  EXPECT_NEAR(std::sqrt(mean_square(grey, out)), 20, 1);
}

TEST(Corrupt, NoiseDependsOnSeedAndPlaceAlone) {
  const Picture grey = plain(128);
  const Corruption noise{CorruptionKind::kNoise, 2, 1};
  EXPECT_EQ(corrupted(grey.view(), noise, 3), corrupted(grey.view(), noise, 3));
  EXPECT_NE(corrupted(grey.view(), noise, 3), corrupted(grey.view(), noise, 4));
  EXPECT_NE(corrupted(grey.view(), noise, 3),
            corrupted(grey.view(), {CorruptionKind::kNoise, 2, 2}, 3));
}

TEST(Corrupt, BlurAndContrastLeavePlainPicturesAlone) {
  for (const int value : {0, 77, 255}) {
    const Picture picture = plain(static_cast<uint8_t>(value));
    for (int strength = 1; strength <= kMaxCorruption; ++strength) {
      EXPECT_EQ(corrupted(picture.view(), {CorruptionKind::kBlur, strength, 0}, 0), picture);
      EXPECT_EQ(corrupted(picture.view(), {CorruptionKind::kContrast, strength, 0}, 0), picture);
    }
  }
}

TEST(Corrupt, BlurSpreadsALineByItsVariance) {
  Picture line(64, 64);
  for (int32_t y = 0; y < 64; ++y) line.row(y)[32 * kChannels] = 255;
  // At side 64 strength 2 has the variance 1 · (64/32)².
  const Picture out = corrupted(line.view(), {CorruptionKind::kBlur, 2, 0}, 0);
  double mass = 0;
  double spread = 0;
  for (int32_t x = 0; x < 64; ++x) {
    const double value = out.view().row(20)[static_cast<size_t>(x) * kChannels];
    mass += value;
    spread += value * (x - 32) * (x - 32);
  }
  // Each value is rounded.
  EXPECT_NEAR(mass, 255, 4);
  EXPECT_NEAR(spread / mass, 4, 0.2);
}

TEST(Corrupt, ContrastKeepsTheMeanAndShrinksTheRange) {
  const Picture picture = scene(1);
  const Picture out = corrupted(picture.view(), {CorruptionKind::kContrast, 2, 0}, 0);
  for (size_t c = 0; c < kChannels; ++c) {
    double before = 0;
    double after = 0;
    for (size_t i = c; i < picture.pixels.size(); i += kChannels) {
      before += picture.pixels[i];
      after += out.pixels[i];
    }
    EXPECT_NEAR(before / 1024, after / 1024, 0.5);
  }
}

TEST(Corrupt, TextReadsBackAndNonsenseIsUsage) {
  for (const char* text : {"noise:1", "blur:5", "contrast:3", "noise:2:7"}) {
    EXPECT_EQ(Corruption::parse(text, "here").value().text(), text);
  }
  for (const char* text :
       {"", "noise", "noise:0", "noise:6", "noise:x", "fog:1", "noise:1:-1", "noise:1:2:3", ":1"}) {
    const auto parsed = Corruption::parse(text, "here");
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage);
    EXPECT_THAT(parsed.error().message(), HasSubstr("noise:3"));
  }
  EXPECT_THROW((void)corrupted(scene(0).view(), {CorruptionKind::kBlur, 9, 0}, 0), Error);
}

TEST(CorruptedDataset, KeepsLabelsAndSpoilsPicturesInAnyOrder) {
  const auto scenes = std::make_shared<const ScenesDataset>(ScenesOptions{.side = 16}, 6);
  const Corruption noise{CorruptionKind::kNoise, 4, 2};
  const CorruptedDataset data(scenes, noise);
  ASSERT_EQ(data.size(), 6);
  EXPECT_EQ(data.class_names(), scenes->class_names());
  for (const int64_t i : {5, 0, 3}) {
    EXPECT_EQ(data.label(i), scenes->label(i));
    EXPECT_EQ(data.file_name(i), scenes->file_name(i));
    EXPECT_FALSE(data.view(i));
    EXPECT_EQ(data.picture(i).value(), corrupted(scenes->picture(i).value().view(), noise, i));
  }
  EXPECT_THROW(CorruptedDataset(scenes, {CorruptionKind::kNoise, 0, 0}), Error);
}

}  // namespace
}  // namespace fovea
