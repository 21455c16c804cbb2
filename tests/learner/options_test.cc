// Mixup, the average of weights, learned weights of samples.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "graph/init.h"
#include "learner/mixup.h"
#include "learner/torch_tensor.h"
#include "learner/training_step.h"
#include "learner/weighting_step.h"

namespace fovea {
namespace {

constexpr int64_t kN = 8;
constexpr int64_t kC = 3;

/// input -> a -> b with an exit behind each; nothing bends.
Graph two_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph chain\nops exit@1 linear@1\ninput input [4]\n"
             "a = linear(input) features=4 bias=none\nhead.0 = linear(a) features=3 bias=none\n"
             "exit.0 = exit(head.0)\n"
             "b = linear(a) features=4 bias=none\nhead.1 = linear(b) features=3 bias=none\n"
             "exit.1 = exit(head.1)\n",
             "test")
      .value();
}

Graph two_boosted_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph chain\nops add@1 exit@1 linear@1\ninput input [4]\n"
             "a = linear(input) features=4 bias=none\nhead.0 = linear(a) features=3 bias=none\n"
             "exit.0 = exit(head.0)\n"
             "b = linear(a) features=4 bias=none\nhead.1 = linear(b) features=3 bias=none\n"
             "sum.1 = add(head.0, head.1)\nexit.1 = exit(sum.1)\n",
             "test")
      .value();
}

at::Tensor values(int64_t n, uint64_t seed) {
  Tensor out = Tensor::f32({n, 4});
  for (int64_t i = 0; i < out.numel(); ++i) {
    out.f()[i] = static_cast<float>(Noise(seed).normal(static_cast<uint64_t>(i)));
  }
  return to_torch(out);
}

at::Tensor labels(int64_t n, int64_t shift = 0) {
  Tensor out = Tensor::i64({n});
  for (int64_t i = 0; i < n; ++i) {
    out.data<int64_t>()[static_cast<size_t>(i)] = (i * i + shift) % kC;
  }
  return to_torch(out);
}

float number(const at::Tensor& tensor, int64_t i) { return from_torch(tensor).f()[i]; }

TEST(Mixup, BlendsValuesAndTargetsAlike) {
  const at::Tensor y = labels(kN);
  Tensor one_hot = Tensor::f32({kN, kC});
  for (int64_t i = 0; i < kN; ++i) one_hot.f()[i * kC + from_torch(y).data<int64_t>()[i]] = 1;
  const MixedBatch mixed = mixup(to_torch(one_hot), y, kC, 1, Noise(3));
  bool blended = false;
  for (int64_t i = 0; i < kN * kC; ++i) {
    EXPECT_NEAR(number(mixed.values, i), number(mixed.targets, i), 1e-6);
    blended |= number(mixed.targets, i) > 0.01 && number(mixed.targets, i) < 0.99;
  }
  EXPECT_TRUE(blended);
  for (int64_t i = 0; i < kN; ++i) {
    EXPECT_NEAR(number(mixed.targets, i * kC) + number(mixed.targets, i * kC + 1) +
                    number(mixed.targets, i * kC + 2),
                1, 1e-6);
  }
}

TEST(Mixup, DependsOnTheNoiseAlone) {
  const auto mixed = [](uint64_t step) {
    return from_torch(mixup(values(kN, 1), labels(kN), kC, 0.4, Noise(3).fork(step)).values);
  };
  const auto same = [](const Tensor& a, const Tensor& b) {
    return std::equal(a.raw(), a.raw() + a.bytes(), b.raw());
  };
  EXPECT_TRUE(same(mixed(1), mixed(1)));
  EXPECT_FALSE(same(mixed(1), mixed(2)));
}

TEST(Mixup, SharesFollowTheBetaDistribution) {
  for (const double alpha : {1e-3, 0.2, 1.0, 5.0}) {
    SCOPED_TRACE(alpha);
    NoiseCursor noise(Noise(7));
    constexpr int kDraws = 20000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      const double x = symmetric_beta(alpha, noise);
      ASSERT_GE(x, 0);
      ASSERT_LE(x, 1);
      sum += x;
      squares += (x - 0.5) * (x - 0.5);
    }
    EXPECT_NEAR(sum / kDraws, 0.5, 0.015);
    EXPECT_NEAR(squares / kDraws, 1 / (4 * (2 * alpha + 1)), 0.004);
  }
}

TEST(WeightAverage, FollowsItsFormula) {
  const Graph graph = two_exits();
  Stage stage;
  stage.ema_decay = 0.5;
  StageTrainer trainer(graph, init_params(graph, 1), stage, at::kCPU);
  NamedTensors expected = trainer.network().state();
  for (int step = 0; step < 12; ++step) {
    trainer.gradients(values(kN, static_cast<uint64_t>(step)), labels(kN));
    trainer.update(0.1);
    const double decay = std::min(0.5, (1.0 + step) / (10.0 + step));
    for (const auto& [name, now] : trainer.network().state()) {
      Tensor& average = expected.at(name);
      for (int64_t i = 0; i < now.numel(); ++i) {
        average.f()[i] = static_cast<float>(decay * average.f()[i] + (1 - decay) * now.f()[i]);
      }
    }
  }
  const NamedTensors got = trainer.result();
  double apart = 0;
  for (const auto& [name, average] : expected) {
    for (int64_t i = 0; i < average.numel(); ++i) {
      EXPECT_NEAR(got.at(name).f()[i], average.f()[i], 1e-5) << name;
      apart = std::max(apart, static_cast<double>(std::abs(
                                  average.f()[i] - trainer.network().state().at(name).f()[i])));
    }
  }
  EXPECT_GT(apart, 1e-3);
}

TEST(Weighting, BeginsWithOnesAndKeepsTheMean) {
  Weighting weighting({.kind = "learned", .rate = 0.05}, 2);
  const at::Tensor losses = values(kN, 2).abs().narrow(1, 0, 2).contiguous();
  for (int64_t i = 0; i < 2 * kN; ++i) EXPECT_EQ(number(weighting.weights(losses), i), 1);
  // The first exit's weight is to grow where its loss is large.
  for (int step = 0; step < 50; ++step) {
    at::Tensor wanted = losses.mul(0);
    wanted.select(1, 0).sub_(losses.select(1, 0).sub(losses.select(1, 0).mean()));
    weighting.backward(losses, wanted);
    weighting.step();
  }
  const at::Tensor weights = weighting.weights(losses);
  EXPECT_NEAR(weights.mean().item<double>(), 1, 1e-5);
  const at::Tensor first = losses.select(1, 0);
  EXPECT_GT(number(weights.select(1, 0), first.argmax().item<int64_t>()),
            number(weights.select(1, 0), first.argmin().item<int64_t>()) + 0.1);
  Weighting again({.kind = "learned", .rate = 0.05}, 2);
  again.set_state(weighting.state());
  for (int64_t i = 0; i < 2 * kN; ++i) {
    EXPECT_EQ(number(again.weights(losses), i), number(weights, i));
  }
  EXPECT_THROW(again.set_state(Weighting({.hidden = 7}, 2).state()), Error);
}

TEST(Weighting, ExitsGetTheirSharesOfTheMostConfident) {
  // Four samples, ever less sure at exit 0, ever surer at exit 1.
  Tensor first = Tensor::f32({4, 2});
  Tensor second = Tensor::f32({4, 2});
  for (int64_t i = 0; i < 4; ++i) {
    first.f()[2 * i] = static_cast<float>(4 - i);
    second.f()[2 * i] = static_cast<float>(i);
  }
  const std::vector<at::Tensor> logits{to_torch(first), to_torch(second), to_torch(second)};
  EXPECT_THAT(exit_places({logits[0], logits[1]}, 1), testing::ElementsAre(0, 0, 1, 1));
  EXPECT_THAT(exit_places({logits[0], logits[1]}, 3), testing::ElementsAre(0, 1, 1, 1));
  EXPECT_THAT(exit_places({logits[0], logits[1]}, 1.0 / 3), testing::ElementsAre(0, 0, 0, 1));
  EXPECT_THAT(exit_places(logits, 1), testing::ElementsAre(0, 2, 2, 1));
}

/// What weight_gradients() says, by differences of the meta loss over the samples' weights.
class WeightGradientsOf : public testing::TestWithParam<const char*> {};
TEST_P(WeightGradientsOf, AreThoseOfTheMetaLoss) {
  const std::string kind = GetParam();
  const Graph graph = kind == "boosted" ? two_boosted_exits() : two_exits();
  const NamedTensors params = init_params(graph, 5);
  TrainableNetwork scratch(graph, params, {});
  const at::Tensor start = scratch.flat_params().detach().clone();
  const auto objective = make_objective({.kind = kind, .exit_weights = {1, 2}}, 2);
  const Weighting weighting({.kind = "learned"}, 2);
  const LabelledValues half{values(kN, 1), labels(kN)};
  const LabelledValues judge{values(kN, 2), labels(kN, 1)};
  constexpr double kRate = 0.05;
  const WeightGradients got = weight_gradients(scratch, start, *objective, weighting, half, judge,
                                               {.rate = kRate, .target = 1});
  TrainableNetwork network(graph, params, {});
  const auto move = [&](const at::Tensor& weights) {
    network.flat_params().detach().copy_(weights);
    network.zero_grads();
  };
  std::vector<int> places;
  const auto meta = [&](const at::Tensor& weights) {
    move(start);
    std::vector<at::Tensor> logits = network.forward(half.values, Phase::kTraining);
    const auto losses = objective->losses(logits, half.targets);
    network.backward(objective->combine(losses, weights).total, logits);
    move(start.sub(network.flat_grads(), kRate).clone());
    logits = network.forward(judge.values, Phase::kTraining);
    if (places.empty()) places = exit_places(logits, 1);
    double sum = 0;
    for (size_t exit = 0; exit < 2; ++exit) {
      const Tensor each = from_torch(cross_entropy(logits[exit], judge.targets, 0));
      for (size_t i = 0; i < kN; ++i) {
        if (places[i] == static_cast<int>(exit)) sum += each.f()[i] / (kN / 2.0);
      }
    }
    return sum;
  };
  at::Tensor weights = got.losses.mul(0).add(1);
  meta(weights);
  double largest = 0;
  for (int64_t k = 0; k < 2 * kN; ++k) {
    const auto moved = [&](double by) {
      at::Tensor other = weights.clone();
      other.view({2 * kN}).select(0, k).add_(by);
      return meta(other);
    };
    const double expected = (moved(2) - moved(-2)) / 4;
    EXPECT_NEAR(number(got.grads, k), expected, 2e-5 + 0.03 * std::abs(expected)) << k;
    largest = std::max(largest, std::abs(expected));
  }
  EXPECT_GT(largest, 5e-4);
}
INSTANTIATE_TEST_SUITE_P(Objectives, WeightGradientsOf,
                         testing::Values("multi_exit", "distillation", "boosted"));

TEST(Weighting, LearnsTheSameOnEveryPathAndNumberOfThreads) {
  const Graph graph = two_exits();
  // A step's first moments are a tenth of the gradients.
  const auto moments_of = [&](PathChoice path, int threads) {
    Stage stage;
    stage.weighting = {.kind = "learned", .rate = 0.01};
    StageTrainer trainer(graph, init_params(graph, 5), stage, at::kCPU, threads, path);
    trainer.learn_weights(values(kN, 1), labels(kN), 0.1, 0);
    return trainer.state().weighting;
  };
  const NamedTensors expected = moments_of(PathChoice::kEager, 1);
  const Tensor& bias = expected.at("1.weight.mean");
  double largest = 0;
  for (int64_t i = 0; i < bias.numel(); ++i) {
    largest = std::max(largest, static_cast<double>(std::abs(bias.f()[i])));
  }
  EXPECT_GT(largest, 1e-6);
  for (const PathChoice path : {PathChoice::kAuto, PathChoice::kEager}) {
    const NamedTensors got = moments_of(path, 2);
    for (int64_t i = 0; i < bias.numel(); ++i) {
      EXPECT_NEAR(got.at("1.weight.mean").f()[i], bias.f()[i], 0.02 * largest) << i;
    }
  }
}

TEST(Weighting, SkipsStepsAndBatchesThatCannotBeHalved) {
  const Graph graph = two_exits();
  Stage stage;
  stage.weighting = {.kind = "learned", .every = 3};
  StageTrainer trainer(graph, init_params(graph, 5), stage, at::kCPU);
  const auto steps = [&] { return trainer.state().weighting.at("steps").data<int64_t>()[0]; };
  for (int64_t step = 0; step < 6; ++step) {
    trainer.learn_weights(values(kN, 1), labels(kN), 0.1, step);
  }
  EXPECT_EQ(steps(), 2);
  trainer.learn_weights(values(3, 1), labels(3), 0.1, 0);
  EXPECT_EQ(steps(), 2);
}

}  // namespace
}  // namespace fovea
