#include "app/data_argument.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "eval/scores_graph.h"

namespace fovea::app {
namespace {

/// A folder of ten training pictures; nothing is decoded here.
std::string ten_pictures() {
  const std::filesystem::path root = std::filesystem::path(testing::TempDir()) / "hold_out";
  std::filesystem::remove_all(root);
  for (const char* label : {"a", "b"}) {
    std::filesystem::create_directories(root / "train" / label);
    for (int i = 0; i < 5; ++i) {
      std::ofstream(root / "train" / label / (std::to_string(i) + ".png")) << "x";
    }
  }
  return root.string();
}

HoldOutOptions of(const std::string& training, const std::vector<std::string>& more) {
  std::vector<std::string> words{"--data", ten_pictures()};
  words.insert(words.end(), more.begin(), more.end());
  Model model{.graph = scores_graph(2, 2)};
  model.training = training;
  return hold_out_of(Arguments::parse("eval", data_options(), words), model);
}

constexpr const char* kRecord = R"({"seed":7,"n_train":7,"n_val":3})";

TEST(HoldOut, IsWhatTheTrainingHeldOut) {
  const HoldOutOptions out = of(kRecord, {"--split", "val"});
  EXPECT_EQ(out.seed, 7U);
  EXPECT_EQ(out.count, 3);
}

TEST(HoldOut, OptionsComeFirst) {
  const HoldOutOptions out =
      of(kRecord, {"--split", "val", "--hold-out", "2", "--hold-out-seed", "1"});
  EXPECT_EQ(out.seed, 1U);
  EXPECT_EQ(out.count, 2);
}

TEST(HoldOut, OtherDataAndOtherSplitsAreCutAsUsual) {
  EXPECT_EQ(of(R"({"seed":7,"n_train":8,"n_val":3})", {"--split", "val"}).count, -1);
  EXPECT_EQ(of(kRecord, {"--split", "test"}).seed, 0U);
  EXPECT_EQ(of("", {"--split", "val"}).seed, 0U);
  EXPECT_EQ(of("[]", {"--split", "val"}).count, -1);
}

}  // namespace
}  // namespace fovea::app
