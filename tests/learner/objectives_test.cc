// Objectives against their formulas, and which gradients they let through.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/noise.h"
#include "graph/init.h"
#include "learner/executor.h"
#include "learner/objective.h"
#include "learner/torch_tensor.h"
#include "learner/training_step.h"
#include "support/random_graph.h"
#include "zoo/zoo.h"

namespace fovea {
namespace {

constexpr int64_t kN = 4;
constexpr int64_t kC = 3;
constexpr std::array<int64_t, kN> kLabels{0, 2, 1, 2};

at::Tensor labels() {
  Tensor out = Tensor::i64({kN});
  std::copy(kLabels.begin(), kLabels.end(), out.data<int64_t>().begin());
  return to_torch(out);
}

at::Tensor leaf(uint64_t seed) {
  Tensor out = Tensor::f32({kN, kC});
  for (int64_t i = 0; i < kN * kC; ++i) {
    out.f()[i] = static_cast<float>(2 * Noise(seed).normal(static_cast<uint64_t>(i)));
  }
  return to_torch(out).requires_grad_(true);
}

using Row = std::array<double, kC>;

Row log_softmax(const at::Tensor& logits, int64_t i, double temperature = 1) {
  Row row;
  double sum = 0;
  for (int64_t c = 0; c < kC; ++c) {
    row[static_cast<size_t>(c)] = from_torch(logits).f()[i * kC + c] / temperature;
    sum += std::exp(row[static_cast<size_t>(c)]);
  }
  for (double& v : row) v -= std::log(sum);
  return row;
}

double cross_entropy(const at::Tensor& logits) {
  double sum = 0;
  for (int64_t i = 0; i < kN; ++i) {
    sum -= log_softmax(logits, i)[static_cast<size_t>(kLabels[static_cast<size_t>(i)])];
  }
  return sum / kN;
}

/// Mean KL(teacher || student).
double divergence(const at::Tensor& teacher, const at::Tensor& student, double temperature) {
  double sum = 0;
  for (int64_t i = 0; i < kN; ++i) {
    const Row p = log_softmax(teacher, i, temperature);
    const Row q = log_softmax(student, i, temperature);
    for (size_t c = 0; c < p.size(); ++c) sum += std::exp(p[c]) * (p[c] - q[c]);
  }
  return sum / kN;
}

/// Gradient of the mean cross-entropy.
Tensor cross_entropy_gradient(const at::Tensor& logits) {
  Tensor out = Tensor::f32({kN, kC});
  for (int64_t i = 0; i < kN; ++i) {
    const Row p = log_softmax(logits, i);
    for (int64_t c = 0; c < kC; ++c) {
      const double hit = c == kLabels[static_cast<size_t>(i)] ? 1 : 0;
      out.f()[i * kC + c] = static_cast<float>((std::exp(p[static_cast<size_t>(c)]) - hit) / kN);
    }
  }
  return out;
}

double apart(const at::Tensor& got, const Tensor& expected) {
  return testing_support::worst_difference(from_torch(got), expected);
}

TEST(Objectives, MultiExitIsTheWeightedSum) {
  const auto objective = make_objective({.exit_weights = {0.5, 2}}, 2);
  const std::vector<at::Tensor> logits{leaf(1), leaf(2)};
  const LossParts parts = objective->loss(logits, labels());
  EXPECT_NEAR(parts.per_exit[1].item<double>(), cross_entropy(logits[1]), 1e-6);
  EXPECT_NEAR(parts.total.item<double>(),
              0.5 * cross_entropy(logits[0]) + 2 * cross_entropy(logits[1]), 1e-6);
}

TEST(Objectives, DistillationFollowsItsFormulaAndSparesTheTeacher) {
  const auto objective =
      make_objective({.kind = "distillation", .distillation = 0.3, .temperature = 2}, 2);
  const std::vector<at::Tensor> logits{leaf(1), leaf(2)};
  const LossParts parts = objective->loss(logits, labels());
  EXPECT_NEAR(parts.per_exit[0].item<double>(),
              0.7 * cross_entropy(logits[0]) + 0.3 * 4 * divergence(logits[1], logits[0], 2), 1e-6);
  EXPECT_NEAR(parts.per_exit[1].item<double>(), cross_entropy(logits[1]), 1e-6);
  parts.total.backward();
  EXPECT_LE(apart(logits[1].grad(), cross_entropy_gradient(logits[1])), 1e-6);
  EXPECT_GT(apart(logits[0].grad(), cross_entropy_gradient(logits[0])), 1e-3);
}

TEST(Objectives, BoostedMovesOnlyWhatAnExitAdds) {
  const auto objective = make_objective({.kind = "boosted"}, 2);
  const at::Tensor first = leaf(1);
  const at::Tensor added = leaf(2);
  const std::vector<at::Tensor> logits{first, first.add(added)};
  const LossParts parts = objective->loss(logits, labels());
  EXPECT_NEAR(parts.per_exit[1].item<double>(), cross_entropy(logits[1]), 1e-5);
  parts.total.backward();
  EXPECT_LE(apart(first.grad(), cross_entropy_gradient(logits[0])), 1e-6);
  EXPECT_LE(apart(added.grad(), cross_entropy_gradient(logits[1])), 1e-6);
}

TEST(Objectives, UnknownKindsAndWrongNumbersOfWeightsAreNamed) {
  EXPECT_THROW(make_objective({.kind = "boost"}, 2), Error);
  for (const std::string& kind : objective_names()) {
    EXPECT_THROW(make_objective({.kind = kind, .exit_weights = {1}}, 2), Error) << kind;
  }
}

TEST(Objectives, SharesOfClassesBlendTheLosses) {
  for (const std::string& kind : objective_names()) {
    SCOPED_TRACE(kind);
    const auto objective = make_objective({.kind = kind, .label_smoothing = 0.1}, 2);
    const std::vector<at::Tensor> logits{leaf(1), leaf(2)};
    Tensor shares = Tensor::f32({kN, kC});
    Tensor others = Tensor::i64({kN});
    for (int64_t i = 0; i < kN; ++i) {
      const int64_t label = kLabels[static_cast<size_t>(i)];
      const int64_t other = (label + 1) % kC;
      others.data<int64_t>()[static_cast<size_t>(i)] = other;
      shares.f()[i * kC + label] = 0.7F;
      shares.f()[i * kC + other] = 0.3F;
    }
    const double blended = 0.7 * objective->loss(logits, labels()).total.item<double>() +
                           0.3 * objective->loss(logits, to_torch(others)).total.item<double>();
    EXPECT_NEAR(objective->loss(logits, to_torch(shares)).total.item<double>(), blended, 1e-5);
  }
}

TEST(Objectives, SampleWeightsScaleTheSamplesLosses) {
  const auto objective = make_objective({.exit_weights = {1, 3}}, 2);
  const std::vector<at::Tensor> losses = objective->losses({leaf(1), leaf(2)}, labels());
  Tensor weights = Tensor::f32({kN, 2});
  double expected = 0;
  for (int64_t i = 0; i < kN; ++i) {
    for (int64_t exit = 0; exit < 2; ++exit) {
      weights.f()[i * 2 + exit] = static_cast<float>(i + exit);
      expected += (exit == 0 ? 1.0 : 3.0) * static_cast<double>(i + exit) / kN *
                  from_torch(losses[static_cast<size_t>(exit)]).f()[i];
    }
  }
  const LossParts parts = objective->combine(losses, to_torch(weights));
  EXPECT_NEAR(parts.total.item<double>(), expected, 1e-5);
  EXPECT_NEAR(parts.per_exit[1].item<double>(), losses[1].mean().item<double>(), 1e-6);
}

TEST(Objectives, BoostedRefusesLogitsThatDoNotAddUp) {
  const ObjectiveSettings boosted{.kind = "boosted"};
  EXPECT_NO_THROW(check_objective(boosted, make_network("ranet-a-cifar10", {{"boosted", "1"}})));
  EXPECT_NO_THROW(check_objective({}, make_network("ranet-a-cifar10")));
  try {
    check_objective(boosted, make_network("ranet-a-cifar10"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.info().kind, ErrorKind::kUsage);
    EXPECT_THAT(error.what(), testing::HasSubstr("add up over exits"));
    EXPECT_THAT(error.info().hint, testing::HasSubstr("network.set.boosted=1"));
  }
}

class BoostedNetworks : public testing::TestWithParam<const char*> {};

TEST_P(BoostedNetworks, AddTheLogitsOfTheExitsBefore) {
  const Graph plain = make_network(GetParam());
  const Graph boosted = make_network(GetParam(), {{"boosted", "1"}});
  const NamedTensors params = init_params(plain, 1);
  Tensor input = Tensor::f32({2, 3, 32, 32});
  for (int64_t i = 0; i < input.numel(); ++i) {
    input.f()[i] = static_cast<float>(Noise(2).normal(static_cast<uint64_t>(i)));
  }
  Outputs alone;
  Outputs summed;
  make_learner_executor(plain, params)->run({{"input", input}}, {}, alone).value();
  make_learner_executor(boosted, params)->run({{"input", input}}, {}, summed).value();
  Tensor sum = alone.exit_logits[0].clone();
  EXPECT_LE(testing_support::worst_difference(summed.exit_logits[0], sum), 1e-5);
  for (size_t e = 1; e < alone.exit_logits.size(); ++e) {
    for (int64_t i = 0; i < sum.numel(); ++i) sum.f()[i] += alone.exit_logits[e].f()[i];
    EXPECT_LE(testing_support::worst_difference(summed.exit_logits[e], sum), 1e-5) << "exit " << e;
  }
}
INSTANTIATE_TEST_SUITE_P(Zoo, BoostedNetworks,
                         testing::Values("ranet-a-cifar10", "msdnet-even-b7-cifar10"),
                         [](const auto& param) { return std::string(param.param).substr(0, 5); });

/// input -> a -> b -> c with an exit behind each.
Graph three_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph chain\nops exit@1 linear@1\ninput input [4]\n"
             "a = linear(input) features=4 bias=none\nhead.0 = linear(a) features=3 bias=none\n"
             "exit.0 = exit(head.0)\n"
             "b = linear(a) features=4 bias=none\nhead.1 = linear(b) features=3 bias=none\n"
             "exit.1 = exit(head.1)\n"
             "c = linear(b) features=4 bias=none\nhead.2 = linear(c) features=3 bias=none\n"
             "exit.2 = exit(head.2)\n",
             "test")
      .value();
}

/// The same with logits that add up.
Graph three_boosted_exits() {
  return parse_graph(
             "fovea-graph 1\ngraph chain\nops add@1 exit@1 linear@1\ninput input [4]\n"
             "a = linear(input) features=4 bias=none\nhead.0 = linear(a) features=3 bias=none\n"
             "exit.0 = exit(head.0)\n"
             "b = linear(a) features=4 bias=none\nhead.1 = linear(b) features=3 bias=none\n"
             "sum.1 = add(head.0, head.1)\nexit.1 = exit(sum.1)\n"
             "c = linear(b) features=4 bias=none\nhead.2 = linear(c) features=3 bias=none\n"
             "sum.2 = add(sum.1, head.2)\nexit.2 = exit(sum.2)\n",
             "test")
      .value();
}

/// Gradients of one exit's loss alone.
NamedTensors gradients_of(const std::vector<double>& weights, const std::string& flow,
                          const Graph& graph = three_exits(),
                          const std::string& kind = "multi_exit") {
  Stage stage;
  stage.objective.kind = kind;
  stage.objective.exit_weights = weights;
  stage.gradients = flow;
  StageTrainer trainer(graph, init_params(graph, 1), stage, at::kCPU);
  Tensor input = Tensor::f32({kN, 4});
  for (int64_t i = 0; i < input.numel(); ++i) {
    input.f()[i] = static_cast<float>(Noise(2).normal(static_cast<uint64_t>(i)));
  }
  trainer.gradients(to_torch(input), labels());
  return trainer.network().grads();
}

TEST(GradientEquilibrium, LetsEveryExitMoveASharedLayerByTheSameShare) {
  for (size_t exit = 0; exit < 3; ++exit) {
    std::vector<double> weights(3, 0.0);
    weights[exit] = 1;
    const NamedTensors plain = gradients_of(weights, "plain");
    const NamedTensors balanced = gradients_of(weights, "equilibrium");
    const std::vector<std::string> trunk{"a.weight", "b.weight", "c.weight"};
    for (size_t block = 0; block < 3; ++block) {
      Tensor expected = plain.at(trunk[block]).clone();
      for (float& v : expected.data<float>()) v /= static_cast<float>(3 - block);
      EXPECT_LE(testing_support::worst_difference(balanced.at(trunk[block]), expected), 1e-6)
          << trunk[block] << ", exit " << exit;
      const std::string head = "head." + std::to_string(block) + ".weight";
      EXPECT_LE(testing_support::worst_difference(balanced.at(head), plain.at(head)), 1e-6) << head;
    }
  }
}

TEST(GradientEquilibrium, LeavesBoostedExitsOutOfEachOther) {
  const Graph graph = three_boosted_exits();
  for (size_t exit = 0; exit < 3; ++exit) {
    std::vector<double> weights(3, 0.0);
    weights[exit] = 1;
    const NamedTensors plain = gradients_of(weights, "plain", graph, "boosted");
    const NamedTensors balanced = gradients_of(weights, "equilibrium", graph, "boosted");
    const std::vector<std::string> trunk{"a.weight", "b.weight", "c.weight"};
    for (size_t block = 0; block < 3; ++block) {
      Tensor expected = plain.at(trunk[block]).clone();
      for (float& v : expected.data<float>()) v /= static_cast<float>(3 - block);
      EXPECT_LE(testing_support::worst_difference(balanced.at(trunk[block]), expected), 1e-6)
          << trunk[block] << ", exit " << exit;
      const std::string head = "head." + std::to_string(block) + ".weight";
      EXPECT_LE(testing_support::worst_difference(balanced.at(head), plain.at(head)), 1e-6) << head;
      // Only the exit's own head hears its loss.
      const Tensor zero = Tensor::f32(plain.at(head).shape());
      EXPECT_EQ(testing_support::worst_difference(balanced.at(head), zero) > 1e-4, block == exit)
          << head << ", exit " << exit;
    }
  }
}

TEST(GradientEquilibrium, IsRefusedByTheFastPathByName) {
  const Graph graph = three_exits();
  Stage stage;
  stage.gradients = "equilibrium";
  EXPECT_THAT(path_obstacle(graph, stage, at::kCPU), testing::HasSubstr("equilibrium"));
  StageTrainer trainer(graph, init_params(graph, 1), stage, at::kCPU, 1, PathChoice::kAuto);
  EXPECT_EQ(trainer.path(), TrainingPath::kEager);
  try {
    check_stage(graph, stage, at::kCPU, PathChoice::kFast);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::AllOf(testing::HasSubstr("run.path"),
                                             testing::HasSubstr("gradients = \"equilibrium\"")));
  }
}

TEST(GradientEquilibrium, LeavesTheLossAsItIs) {
  const Graph graph = make_network("ranet-a-cifar10");
  const GradientScales scales = equilibrium_scales(graph);
  ASSERT_EQ(scales.size(), graph.main().nodes.size());
  double least = 1;
  for (const auto& node : scales) {
    for (const double scale : node) {
      EXPECT_GT(scale, 0);
      EXPECT_LE(scale, 1);
      least = std::min(least, scale);
    }
  }
  EXPECT_DOUBLE_EQ(least, 1.0 / graph.n_exits());
  const auto loss = [&](const std::string& flow) {
    const Graph chain = three_exits();
    Stage stage;
    stage.gradients = flow;
    StageTrainer trainer(chain, init_params(chain, 1), stage, at::kCPU);
    return trainer.gradients(leaf(3).detach().narrow(1, 0, 1).expand({kN, 4}), labels()).loss;
  };
  EXPECT_EQ(loss("plain"), loss("equilibrium"));
}

}  // namespace
}  // namespace fovea
