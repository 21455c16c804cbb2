#include "calibrate/temperature.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "base/noise.h"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kClasses = 5;

/// Logits whose classes are drawn from their own softmax, then multiplied by `over`: right with the
/// temperature `over`.
Scores overconfident(int64_t n, float over, uint64_t seed) {
  Scores out{.values = Tensor::f32({2, n, kClasses}), .costs = {1, 2}};
  const Noise noise(seed, "logits");
  std::vector<float> row(kClasses);
  std::vector<float> p(kClasses);
  for (int64_t i = 0; i < n; ++i) {
    const Noise sample = noise.fork(static_cast<uint64_t>(i));
    for (size_t c = 0; c < row.size(); ++c) row[c] = static_cast<float>(1.5 * sample.normal(c));
    softmax_of(row, p);
    double left = sample.uniform(1000);
    int64_t label = 0;
    while (label + 1 < kClasses && left >= static_cast<double>(p[static_cast<size_t>(label)])) {
      left -= static_cast<double>(p[static_cast<size_t>(label++)]);
    }
    out.labels.push_back(label);
    for (int64_t c = 0; c < kClasses; ++c) {
      out.values.f()[i * kClasses + c] = over * row[static_cast<size_t>(c)];
      out.values.f()[(n + i) * kClasses + c] = row[static_cast<size_t>(c)];
    }
  }
  return out;
}

std::vector<int64_t> all(const Scores& scores) {
  std::vector<int64_t> out(static_cast<size_t>(scores.n()));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

TEST(Temperature, IsFoundPerExit) {
  const Scores scores = overconfident(20000, 3, 1);
  EXPECT_NEAR(fitted_temperature(scores, 0, all(scores)), 3, 0.1);
  EXPECT_NEAR(fitted_temperature(scores, 1, all(scores)), 1, 0.04);
}

TEST(Temperature, MinimisesTheLoss) {
  const Scores scores = overconfident(500, 0.4F, 2);
  const auto samples = all(scores);
  const double fitted = fitted_temperature(scores, 0, samples);
  const double least = mean_nll(scores, 0, samples, fitted);
  for (const double factor : {0.5, 0.9, 0.99, 1.01, 1.1, 2.0}) {
    EXPECT_GT(mean_nll(scores, 0, samples, factor * fitted), least) << factor;
  }
}

TEST(Temperature, IsFittedOnOneHalfAndJudgedOnTheOther) {
  const Scores scores = overconfident(20000, 3, 3);
  const Halves halves = halves_of(scores, 0);
  const auto fits = fit_temperatures(scores, halves);
  ASSERT_EQ(fits.size(), 2U);
  EXPECT_GT(fits[0].before.error, 0.1);
  EXPECT_LT(fits[0].after.error, 0.03);
  EXPECT_LT(fits[0].after.nll, fits[0].before.nll - 0.1);
  EXPECT_DOUBLE_EQ(fits[0].temperature, fitted_temperature(scores, 0, halves.select));
  EXPECT_DOUBLE_EQ(fits[0].after.error,
                   calibration_error(scores, 0, halves.certify, fits[0].temperature));
}

TEST(Temperature, OfNothingIsOne) {
  Scores scores = overconfident(2, 3, 4);
  EXPECT_EQ(fitted_temperature(scores, 0, {}), 1);
  EXPECT_EQ(calibration_error(scores, 0, {}, 1), 0);
  // Rows that are not finite say nothing.
  scores.values.f()[0] = std::numeric_limits<float>::quiet_NaN();
  const std::vector<int64_t> second{1};
  const auto both = all(scores);
  EXPECT_EQ(mean_nll(scores, 0, both, 1), mean_nll(scores, 0, second, 1));
}

TEST(CalibrationError, IsTheGapBetweenConfidenceAndAccuracy) {
  // Confidence 1/(1 + 1/3) = 0.75 for everybody; one of four is right.
  const float logit = std::log(3.0F);
  Scores scores{.values = Tensor::f32({1, 4, 2}), .labels = {0, 1, 1, 1}, .costs = {1}};
  for (int64_t i = 0; i < 4; ++i) scores.values.f()[2 * i] = logit;
  EXPECT_NEAR(calibration_error(scores, 0, all(scores), 1), 0.5, 1e-6);
}

TEST(WithScoring, ChangesTheExitsOnlyAndParsesBack) {
  const Graph graph = parse_graph(
                          "fovea-graph 1\ngraph g\nops exit@1 linear@1\ninput x [4]\n"
                          "exit.0 = exit(x)\ny = linear(x) features=4\nexit.1 = exit(y)\n",
                          "test")
                          .value();
  const std::vector<Scoring> scoring{{Metric::kMargin, 1.37F}, {}};
  const Graph changed = with_scoring(graph, scoring);
  EXPECT_THAT(exit_scoring(changed), ElementsAre(scoring[0], scoring[1]));
  EXPECT_THAT(exit_scoring(parse_graph(to_text(changed), "again").value()),
              ElementsAre(scoring[0], scoring[1]));
  EXPECT_TRUE(with_scoring(changed, std::vector<Scoring>(2)) == graph);
  try {
    (void)with_scoring(graph, std::vector<Scoring>(3));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.info().message(), HasSubstr("expected 2; found 3"));
  }
}

}  // namespace
}  // namespace fovea
