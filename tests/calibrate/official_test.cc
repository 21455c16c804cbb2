#include "calibrate/official.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "calibrate/hindsight.h"
#include "model/safetensors.h"

namespace fovea {
namespace {

using testing::ElementsAre;

const std::string kGolden = FOVEA_SOURCE_DIR "/tests/golden/ranet/";

/// Confidences by exit; every answer is class 0.
ExitTable table_of(const std::vector<std::vector<float>>& confidences) {
  ExitTable table{.n_exits = static_cast<int>(confidences.size()),
                  .n = static_cast<int64_t>(confidences[0].size())};
  for (const auto& exit : confidences) {
    table.confidence.insert(table.confidence.end(), exit.begin(), exit.end());
  }
  table.answer.resize(table.confidence.size());
  return table;
}

class OfficialGolden : public testing::TestWithParam<std::string> {
 protected:
  OfficialGolden()
      : file(read_safetensors(kGolden + GetParam() + ".safetensors").value().tensors),
        val(scores_from_tensors(file, "val", GetParam()).value()) {}

  template <typename T>
  [[nodiscard]] std::vector<T> golden(const std::string& key, size_t row) const {
    const Tensor& tensor = file.find(key)->second;
    const auto length = static_cast<size_t>(tensor.numel() / kOfficialPoints);
    const auto part = tensor.data<T>().subspan(row * length, length);
    return {part.begin(), part.end()};
  }

  NamedTensors file;
  Scores val;
};

TEST_P(OfficialGolden, ThresholdsHaveTheSameBits) {
  const auto points = solve_official(exit_table(val));
  ASSERT_EQ(points.size(), 39U);
  for (size_t row = 0; row < points.size(); ++row) {
    const auto wanted = golden<float>("result.threshold", row);
    ASSERT_EQ(points[row].thresholds.size(), wanted.size());
    EXPECT_EQ(
        std::memcmp(points[row].thresholds.data(), wanted.data(), wanted.size() * sizeof(float)), 0)
        << points[row].name;
    EXPECT_EQ(points[row].q, golden<float>("result.p", row)[0]);
  }
}

TEST_P(OfficialGolden, DistributionIsWithin1em7) {
  const auto points = solve_official(exit_table(val));
  for (size_t row = 0; row < points.size(); ++row) {
    const auto wanted = golden<float>("result.probs", row);
    for (size_t k = 0; k < wanted.size(); ++k) {
      EXPECT_NEAR(points[row].distribution[k], wanted[k], 1e-7) << points[row].name;
    }
  }
}

TEST_P(OfficialGolden, CountsCorrectAndCostAreThoseOfTheProgram) {
  const auto points = solve_official(exit_table(val));
  for (const std::string split : {"val", "test"}) {
    const Scores scores = scores_from_tensors(file, split, "golden").value();
    const ExitTable table = exit_table(scores);
    const std::vector<int> all{0, 1, 2, 3, 4};
    for (size_t row = 0; row < points.size(); ++row) {
      const std::vector<std::optional<float>> rules(points[row].thresholds.begin(),
                                                    points[row].thresholds.end());
      const auto result = judge(scores, table, exits_in_hindsight(table, all, rules));
      EXPECT_EQ(result.counts, golden<int64_t>("result." + split + "_count", row));
      EXPECT_EQ(result.correct, golden<int64_t>("result." + split + "_correct", row)[0]);
      const float cost = golden<float>("result." + split + "_flops", row)[0];
      EXPECT_NEAR(result.cost, cost, 1e-6 * cost);
    }
  }
}

TEST_P(OfficialGolden, PoliciesThatSwitchExitsOffSendSamplesToTheSameExits) {
  const ExitTable table = exit_table(val);
  const std::vector<int> all{0, 1, 2, 3, 4};
  int switched_off = 0;
  for (const OfficialPoint& point : solve_official(table)) {
    const std::vector<std::optional<float>> rules(point.thresholds.begin(), point.thresholds.end());
    std::vector<std::optional<float>> policy = point.policy.thresholds;
    for (const auto& threshold : policy) switched_off += threshold ? 0 : 1;
    policy.emplace_back();
    EXPECT_EQ(exits_in_hindsight(table, all, rules), exits_in_hindsight(table, all, policy));
  }
  EXPECT_GT(switched_off, 0);
}

INSTANTIATE_TEST_SUITE_P(Files, OfficialGolden,
                         testing::Values("dynamic_eval", "dynamic_eval_ties"),
                         [](const auto& param) { return param.param; });

TEST(QuotaThresholds, AreTheQuotasLastConfidence) {
  const ExitTable table = table_of({{0.9F, 0.8F, 0.7F, 0.6F}, {0.5F, 0.5F, 0.4F, 0.3F}});
  EXPECT_THAT(quota_thresholds(table, std::vector{0.5F, 0.5F}), ElementsAre(0.8F, -1e8F));
}

TEST(QuotaThresholds, OfZeroLetNobodyLeave) {
  const ExitTable table = table_of({{0.9F, 0.8F}, {0.5F, 0.5F}});
  EXPECT_THAT(quota_thresholds(table, std::vector{0.49F, 0.51F}), ElementsAre(1e8F, -1e8F));
}

TEST(QuotaThresholds, LetNobodyLeaveWhereTooFewAreLeft) {
  // A tie at the first exit takes all four, so the second exit cannot fill its quota of two.
  const ExitTable table =
      table_of({{0.9F, 0.9F, 0.9F, 0.9F}, {0.8F, 0.7F, 0.6F, 0.5F}, {1, 1, 1, 1}});
  EXPECT_THAT(quota_thresholds(table, std::vector{0.25F, 0.5F, 0.25F}),
              ElementsAre(0.9F, 1e8F, -1e8F));
}

TEST(QuotaThresholds, CountOnlySamplesThatAreStillThere) {
  const ExitTable table =
      table_of({{0.9F, 0.1F, 0.2F, 0.3F}, {1.0F, 0.4F, 0.5F, 0.6F}, {1, 1, 1, 1}});
  EXPECT_THAT(quota_thresholds(table, std::vector{0.25F, 0.25F, 0.5F}),
              ElementsAre(0.9F, 0.6F, -1e8F));
}

TEST(QuotaThresholds, NeverComeFromNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const ExitTable table = table_of({{nan, 0.8F, 0.7F, nan}, {1, 1, 1, 1}});
  EXPECT_THAT(quota_thresholds(table, std::vector{0.5F, 0.5F}), ElementsAre(0.7F, -1e8F));
}

TEST(OfficialNames, RunFrom005To195) {
  EXPECT_EQ(official_name(0), "official-0.05");
  EXPECT_EQ(official_name(19), "official-1.00");
  EXPECT_EQ(official_name(38), "official-1.95");
}

TEST(GeometricDistribution, IsUniformAtOneAndFallsBelow) {
  EXPECT_THAT(geometric_distribution(1.0F, 4), ElementsAre(0.25F, 0.25F, 0.25F, 0.25F));
  const auto early = geometric_distribution(0.5F, 3);
  EXPECT_NEAR(early[0], 4.0 / 7, 1e-7);
  EXPECT_NEAR(early[2], 1.0 / 7, 1e-7);
}

}  // namespace
}  // namespace fovea
