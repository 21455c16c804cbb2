#include "app/calibration_data.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "app/data_argument.h"
#include "eval/scores_graph.h"

namespace fovea::app {
namespace {

/// Ten training pictures and two to judge by; nothing is decoded here.
std::string twelve_pictures() {
  const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "trained_on";
  std::filesystem::remove_all(root);
  const auto fill = [&root](const char* split, int each) {
    for (const char* label : {"a", "b"}) {
      std::filesystem::create_directories(root / split / label);
      for (int i = 0; i < each; ++i) {
        std::ofstream(root / split / label / (std::to_string(i) + ".png")) << "x";
      }
    }
  };
  fill("train", 5);
  fill("test", 1);
  return root.string();
}

Model trained(const std::string& record, std::vector<std::string> labels = {}) {
  Model model{.graph = scores_graph(2, 2)};
  model.labels = std::move(labels);
  model.training = record;
  return model;
}

Arguments arguments(const std::vector<std::string>& more) {
  std::vector<std::string> words{"--data", twelve_pictures()};
  words.insert(words.end(), more.begin(), more.end());
  return Arguments::parse("calibrate", data_options(), words);
}

constexpr const char* kRecord = R"({"seed":7,"n_train":7,"n_val":3})";

TEST(TrainedOn, IsWhatTheTrainingDidNotHoldOut) {
  const Model model = trained(kRecord);
  EXPECT_EQ(trained_on(arguments({"--split", "train"}), model), 7);
  EXPECT_EQ(trained_on(arguments({"--split", "val"}), model), 0);
  EXPECT_EQ(trained_on(arguments({"--split", "test"}), model), 0);
  // Held out by other numbers, some of it was trained on.
  EXPECT_GT(trained_on(arguments({"--split", "val", "--hold-out-seed", "9"}), model), 0);
  EXPECT_EQ(trained_on(arguments({"--split", "val", "--hold-out", "10"}), model), 7);
  EXPECT_LE(trained_on(arguments({"--split", "train", "--take", "2"}), model), 2);
}

TEST(TrainedOn, IsNothingForOtherDataAndModelsWithoutARecord) {
  EXPECT_EQ(trained_on(arguments({"--split", "train"}), trained("")), 0);
  EXPECT_EQ(trained_on(arguments({"--split", "train"}), trained("[]")), 0);
  EXPECT_EQ(
      trained_on(arguments({"--split", "train"}), trained(R"({"seed":7,"n_train":8,"n_val":3})")),
      0);
  EXPECT_EQ(trained_on(arguments({"--split", "train"}), trained(kRecord, {"c", "d"})), 0);
  EXPECT_EQ(trained_on(arguments({"--split", "train"}), trained(kRecord, {"b", "a"})), 7);
}

TEST(TrainedOn, IsAllWhereNothingWasHeldOut) {
  EXPECT_EQ(
      trained_on(arguments({"--split", "train"}), trained(R"({"seed":7,"n_train":10,"n_val":0})")),
      10);
  // A validation split of its own.
  EXPECT_EQ(
      trained_on(arguments({"--split", "train"}), trained(R"({"seed":7,"n_train":10,"n_val":4})")),
      10);
}

TEST(SampleChoice, IsWhatTheOptionsSay) {
  const Model model = trained(kRecord);
  const SampleChoice val =
      choice_from(arguments({"--split", "val", "--take", "2", "--corrupt", "noise:3"}), model);
  EXPECT_EQ(val.take, 2);
  EXPECT_EQ(val.corrupt, "noise:3");
  EXPECT_EQ(val.hold_out, 3);
  EXPECT_EQ(val.hold_out_seed, 7);
  EXPECT_EQ(val.trained_on, 0);
  const SampleChoice test = choice_from(arguments({"--split", "test"}), model);
  EXPECT_FALSE(test.take || test.hold_out || test.hold_out_seed);
  EXPECT_EQ(test.corrupt, "");
}

TEST(PictureHashes, ChangeWithPixelsAlone) {
  Picture dark(2, 2);
  Picture light = dark;
  light.pixels[0] = 9;
  const MemoryDataset data({"a", "b"}, {{dark, 0, "x"}, {light, 0, "x"}, {dark, 1, "y"}});
  const auto hashes = picture_hashes(data, 2);
  ASSERT_EQ(hashes.size(), 3U);
  EXPECT_EQ(hashes[0], hashes[2]);
  EXPECT_NE(hashes[0], hashes[1]);
}

}  // namespace
}  // namespace fovea::app
