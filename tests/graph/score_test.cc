// Confidence scores and their edge cases.
#include "graph/score.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <vector>

namespace fovea {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

float score(Metric metric, const std::vector<float>& row) { return score_of(metric, row); }

TEST(Score, OfKnownDistributions) {
  const std::vector<float> row{std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  EXPECT_NEAR(score(Metric::kMaxSoftmax, row), 0.5, 1e-6);
  EXPECT_NEAR(score(Metric::kMargin, row), 0.2, 1e-6);
  const double entropy = -(0.5 * std::log(0.5) + 0.3 * std::log(0.3) + 0.2 * std::log(0.2));
  EXPECT_NEAR(score(Metric::kNegEntropy, row), 1 - entropy / std::log(3.0), 1e-6);
  EXPECT_EQ(score(Metric::kIdentity, {0.75F}), 0.75F);
}

TEST(Score, OfEqualLogitsIsTheLowest) {
  EXPECT_FLOAT_EQ(score(Metric::kMaxSoftmax, {2, 2, 2, 2}), 0.25F);
  EXPECT_FLOAT_EQ(score(Metric::kMargin, {2, 2, 2, 2}), 0);
  EXPECT_NEAR(score(Metric::kNegEntropy, {2, 2, 2, 2}), 0, 1e-6);
}

TEST(Score, OfLargeLogitsDoesNotOverflow) {
  EXPECT_FLOAT_EQ(score(Metric::kMaxSoftmax, {1e30F, 0, -1e30F}), 1);
  EXPECT_FLOAT_EQ(score(Metric::kNegEntropy, {1e30F, 0, -1e30F}), 1);
  EXPECT_FLOAT_EQ(score(Metric::kMaxSoftmax, {0, -kInfinity}), 1);
}

TEST(Score, OfOneClassIsCertain) {
  for (const Metric metric : {Metric::kMaxSoftmax, Metric::kMargin, Metric::kNegEntropy}) {
    EXPECT_EQ(score(metric, {-3}), 1);
  }
}

TEST(Score, NanNeverPassesAThreshold) {
  for (const Metric metric : {Metric::kMaxSoftmax, Metric::kMargin, Metric::kNegEntropy}) {
    const float nan = score(metric, {1, kNan, 2});
    EXPECT_TRUE(std::isnan(nan));
    EXPECT_FALSE(passes(nan, -1e8F));
    EXPECT_FALSE(passes(score(metric, {kInfinity, kInfinity}), -1e8F));
  }
}

TEST(Score, PassesWhereEqual) {
  EXPECT_TRUE(passes(0.5F, 0.5F));
  EXPECT_FALSE(passes(std::nextafter(0.5F, 0.0F), 0.5F));
  EXPECT_TRUE(passes(0.0F, -1e8F));
  EXPECT_FALSE(passes(1.0F, 1e8F));
}

TEST(Score, OfATemperatureIsThatOfTheDividedLogits) {
  const std::vector<float> row{3, 1, -2, 0.5F};
  std::vector<float> divided;
  for (const float v : row) divided.push_back(v / 4);
  for (const Metric metric : {Metric::kMaxSoftmax, Metric::kMargin, Metric::kNegEntropy}) {
    EXPECT_EQ(score_of({.metric = metric, .temperature = 4}, row), score(metric, divided));
    EXPECT_EQ(score_of({.metric = metric, .temperature = 1}, row), score(metric, row));
  }
  EXPECT_EQ(score_of({.metric = Metric::kIdentity, .temperature = 4}, row), 3);
  std::vector<float> warm(4);
  std::vector<float> expected(4);
  softmax_of(row, warm, 4);
  softmax_of(divided, expected);
  EXPECT_EQ(warm, expected);
}

TEST(Agreement, CountsTheRunThatEndsHere) {
  Agreement agreement;
  EXPECT_EQ(agreement.add(3, 0.1F), 1);
  EXPECT_EQ(agreement.add(3, 0.1F), 2);
  EXPECT_EQ(agreement.add(3, 0.1F), 3);
  EXPECT_EQ(agreement.add(0, 0.1F), 1);
  EXPECT_EQ(agreement.add(3, 0.1F), 1);
  EXPECT_EQ(agreement.add(3, kNan), 0);
  EXPECT_EQ(agreement.add(3, 0.1F), 1) << "what is no number agrees with nothing";
}

TEST(FirstMaximum, TakesTheFirstOfEqualOnesAndNeverNan) {
  EXPECT_EQ(first_maximum(std::vector<float>{1, 3, 3, 2}), 1);
  EXPECT_EQ(first_maximum(std::vector<float>{kNan, -5, kNan}), 1);
  EXPECT_EQ(first_maximum(std::vector<float>{kNan, kNan}), 0);
}

TEST(Softmax, SumsToOne) {
  const std::vector<float> row{1, 2, 3};
  std::vector<float> p(3);
  softmax_of(row, p);
  EXPECT_NEAR(p[0] + p[1] + p[2], 1, 1e-6);
  EXPECT_NEAR(p[2] / p[1], std::exp(1.0), 1e-5);
}

}  // namespace
}  // namespace fovea
