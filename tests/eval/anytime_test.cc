#include "eval/anytime.h"

#include <gmock/gmock.h>

#include <limits>

#include "model/safetensors.h"

namespace fovea {
namespace {

using testing::Eq;
using testing::Optional;

TEST(Rank, BreaksTiesByTheLowerIndexAndPutsNanLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> row{1, 3, 3, nan, 2};
  EXPECT_EQ(rank_of(row, 1), 0);
  EXPECT_EQ(rank_of(row, 2), 1);
  EXPECT_EQ(rank_of(row, 4), 2);
  EXPECT_EQ(rank_of(row, 0), 3);
  EXPECT_EQ(rank_of(row, 3), 4);
}

TEST(Anytime, CountsTop1AndTop5OfSamplesWhoseClassIsKnown) {
  // Classes fall from 0 to 6 at exit 0 and rise at exit 1.
  std::vector<float> values;
  for (int exit = 0; exit < 2; ++exit) {
    for (int sample = 0; sample < 4; ++sample) {
      for (int c = 0; c < 7; ++c) values.push_back(static_cast<float>(exit == 0 ? -c : c));
    }
  }
  const Scores scores{
      .values = Tensor({2, 4, 7}, values), .labels = {0, 4, 6, -1}, .costs = {1, 2}};
  const auto accuracy = anytime_accuracy(scores);
  ASSERT_EQ(accuracy.size(), 2U);
  EXPECT_EQ(accuracy[0].n, 3);
  EXPECT_EQ(accuracy[0].top1, 1);
  EXPECT_EQ(accuracy[0].top5, 2);
  EXPECT_EQ(accuracy[1].top1, 1);
  EXPECT_EQ(accuracy[1].top5, 2);
  EXPECT_THAT(accuracy[0].top5_percent(), Optional(testing::DoubleNear(200.0 / 3, 1e-9)));
}

TEST(Anytime, IsUnknownWithoutLabels) {
  const Scores scores{.values = Tensor::f32({1, 1, 2}), .labels = {-1}, .costs = {1}};
  EXPECT_THAT(anytime_accuracy(scores)[0].top1_percent(), Eq(std::nullopt));
}

TEST(Anytime, EqualsThePublishedProgram) {
  for (const std::string name : {"dynamic_eval", "dynamic_eval_ties"}) {
    const NamedTensors file =
        read_safetensors(FOVEA_SOURCE_DIR "/tests/golden/ranet/" + name + ".safetensors")
            .value()
            .tensors;
    for (const std::string split : {"val", "test"}) {
      const auto accuracy = anytime_accuracy(scores_from_tensors(file, split, name).value());
      const auto wanted = file.find("anytime." + split + "_correct")->second.data<int64_t>();
      ASSERT_EQ(accuracy.size(), wanted.size());
      for (size_t e = 0; e < wanted.size(); ++e) EXPECT_EQ(accuracy[e].top1, wanted[e]);
    }
  }
}

}  // namespace
}  // namespace fovea
