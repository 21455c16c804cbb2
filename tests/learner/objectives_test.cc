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

/// Gradients of one exit's loss alone.
NamedTensors gradients_of(const std::vector<double>& weights, const std::string& flow) {
  const Graph graph = three_exits();
  Stage stage;
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
}

}  // namespace
}  // namespace fovea
