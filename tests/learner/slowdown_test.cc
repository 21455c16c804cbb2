// The slow-down attack on the trained model that the repository ships.
#include "learner/slowdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "data/core/scenes.h"
#include "fovea/executor.h"
#include "fovea/model.h"
#include "graph/cost.h"
#include "learner/executor.h"

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr int64_t kPictures = 12;
constexpr int kEpsilon = 8;

class Slowdown : public testing::Test {
 protected:
  Slowdown() {
    const auto side = static_cast<int32_t>(transform_.crop);
    for (int64_t i = 0; i < kPictures; ++i) {
      pictures_.push_back(render_scene({.seed = 77, .side = side}, i).picture);
    }
  }
  [[nodiscard]] std::vector<Picture> attacked(const SlowdownSettings& settings) const {
    return SlowdownAttack(model_.graph, model_.params, transform_.normalise, settings)
        .run(pictures_);
  }
  [[nodiscard]] Outputs run(const std::vector<Picture>& pictures, const Policy* policy) const {
    const auto n = static_cast<int64_t>(pictures.size());
    Tensor input = Tensor::f32(Shape{3, transform_.crop, transform_.crop}.batched(n));
    const size_t n_values = transform_.n_values();
    for (size_t i = 0; i < pictures.size(); ++i) {
      apply(transform_, pictures[i].view(), std::span(input.f() + i * n_values, n_values));
    }
    Outputs out;
    make_learner_executor(model_.graph, model_.params)
        ->run({{"input", input}}, {.policy = policy}, out)
        .value();
    return out;
  }
  static double mean(const Tensor& macs) {
    const auto values = macs.data<int64_t>();
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  }

  Model model_ = load_model(std::string(FOVEA_SOURCE_DIR) + "/models/ranet-scenes.fovea").value();
  Transform transform_ = Transform::parse(model_.transform, "model").value();
  std::vector<Picture> pictures_;
};

TEST_F(Slowdown, SamplesLeaveLaterAndPicturesStayNear) {
  const std::vector<Picture> slow = attacked({.epsilon = kEpsilon, .steps = 8});
  ASSERT_EQ(slow.size(), pictures_.size());
  for (size_t i = 0; i < slow.size(); ++i) {
    int most = 0;
    for (size_t k = 0; k < slow[i].pixels.size(); ++k) {
      most = std::max(most, std::abs(int{slow[i].pixels[k]} - int{pictures_[i].pixels[k]}));
    }
    EXPECT_LE(most, kEpsilon);
    EXPECT_GT(most, 0);
  }
  Policy policy;
  policy.thresholds.assign(static_cast<size_t>(model_.graph.n_exits() - 1), 0.8F);
  const Outputs before = run(pictures_, &policy);
  const Outputs after = run(slow, &policy);
  EXPECT_GT(mean(after.macs), 1.2 * mean(before.macs));
}

TEST_F(Slowdown, ACapHoldsForEverySample) {
  const std::vector<Picture> slow = attacked({.epsilon = kEpsilon, .steps = 4});
  const std::vector<ExitCost> costs = exit_costs(model_.graph);
  for (const ExitCost& cost : costs) {
    Policy policy{.max_macs = cost.macs_needed};
    policy.thresholds.assign(static_cast<size_t>(model_.graph.n_exits() - 1), 0.8F);
    const Outputs out = run(slow, &policy);
    for (const int64_t macs : out.macs.data<int64_t>()) EXPECT_LE(macs, cost.macs_needed);
  }
}

TEST_F(Slowdown, IsTheSameEveryTime) {
  const SlowdownSettings settings{.epsilon = 4, .steps = 2};
  EXPECT_EQ(attacked(settings), attacked(settings));
}

TEST_F(Slowdown, WhatDoesNotFitIsUsage) {
  const auto message = [&](const SlowdownSettings& settings) -> std::string {
    try {
      (void)attacked(settings);
    } catch (const Error& error) {
      EXPECT_EQ(error.info().kind, ErrorKind::kUsage);
      return error.info().message();
    }
    return "no error";
  };
  EXPECT_THAT(message({.epsilon = 0}), HasSubstr("epsilon"));
  EXPECT_THAT(message({.epsilon = 256}), HasSubstr("epsilon"));
  EXPECT_THAT(message({.steps = 0}), HasSubstr("steps"));
  EXPECT_THAT(message({.step_size = -1}), HasSubstr("step size"));
  Graph single = parse_graph(
                     "fovea-graph 1\ngraph single\nops exit@1 linear@1\ninput input [2]\n"
                     "exit.0 = exit(input)\n",
                     "test")
                     .value();
  EXPECT_THROW(SlowdownAttack(single, {}, {}, {}), Error);
}

}  // namespace
}  // namespace fovea
