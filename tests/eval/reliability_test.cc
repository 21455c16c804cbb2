#include "eval/reliability.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fovea {
namespace {

/// One exit, two classes: rows are probabilities of class 0.
Scores probabilities(const std::vector<float>& of_first, std::vector<int64_t> labels) {
  const auto n = static_cast<int64_t>(of_first.size());
  Scores scores{.values = Tensor::f32({1, n, 2}),
                .form = ScoreForm::kProbabilities,
                .labels = std::move(labels)};
  for (size_t i = 0; i < of_first.size(); ++i) {
    scores.values.f()[2 * i] = of_first[i];
    scores.values.f()[2 * i + 1] = 1 - of_first[i];
  }
  return scores;
}

TEST(Reliability, BinsAndErrorByHand) {
  // Bin [0.8, 0.9): 0.8 and 0.85, one right. Bin [0.9, 1]: 1.0, right. -1 does not count.
  const Reliability r =
      reliability(probabilities({0.8F, 0.85F, 1.0F, 0.95F}, {0, 1, 0, -1}), 0, 10);
  EXPECT_EQ(r.n, 3);
  EXPECT_EQ(r.bins[8].n, 2);
  EXPECT_EQ(r.bins[8].correct, 1);
  EXPECT_NEAR(r.bins[8].mean_confidence, 0.825, 1e-6);
  EXPECT_EQ(r.bins[9].n, 1);
  EXPECT_NEAR(r.ece, 2.0 / 3 * 0.325, 1e-6);
}

TEST(Reliability, OfAPerfectExitIsZero) {
  EXPECT_EQ(reliability(probabilities({1.0F, 1.0F}, {0, 0}), 0).ece, 0);
}

TEST(Reliability, LogitsCountByTheirSoftmaxAndNanByZero) {
  Scores scores{.values = Tensor::f32({1, 2, 2}), .labels = {0, 0}};
  scores.values.f()[0] = 3;
  scores.values.f()[2] = std::nanf("");
  const Reliability r = reliability(scores, 0, 10);
  EXPECT_EQ(r.bins[9].n, 1);
  EXPECT_NEAR(r.bins[9].mean_confidence, 1 / (1 + std::exp(-3.0)), 1e-6);
  EXPECT_EQ(r.bins[0].n, 1);
}

}  // namespace
}  // namespace fovea
