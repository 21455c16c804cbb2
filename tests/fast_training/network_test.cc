// The plan gives the same numbers on every instruction set, and gradients that differences confirm.
#include "fast_training/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/noise.h"
#include "graph/init.h"
#include "ops/builder.h"
#include "ops/cpu/isa.h"

namespace fovea {
namespace {

/// Smooth but for a maximum, so that differences of the loss are gradients; every kind of step.
Graph smooth_network() {
  Builder b("smooth");
  const ValueHandle x = b.input("input", {3, 9, 10});
  const ValueHandle a = b.batch_norm(
      "a.norm", b.conv2d("a", x, {.channels = 7, .kernel = {3, 3}, .pad = Padding::all(1)}));
  const ValueHandle c = b.conv2d("c", a,
                                 {.channels = 5,
                                  .kernel = {3, 3},
                                  .stride = {2, 2},
                                  .pad = Padding::all(1),
                                  .bias = Bias::kPresent});
  const ValueHandle up = b.resize("up", c, {.size = {9, 10}});
  const ValueHandle cat = b.concat("cat", {a, up});
  const ValueHandle sum =
      b.add("sum", b.slice("slice", cat, {.axis = 0, .begin = 3, .end = 8}), up);
  const ValueHandle pool = b.avg_pool2d("pool", sum, {.kernel = {3, 3}, .stride = {3, 3}});
  b.exit(b.linear("head.0", b.mean_hw("mean", cat), {.features = 3}));
  b.exit(b.linear("head.1", b.flatten("flat", pool), {.features = 3}));
  return b.finish();
}

/// A network with its parameters; the loss is the sum of all logits times fixed numbers.
class Trained {
 public:
  Trained(const Graph& graph, int64_t n) : graph_(graph), n_(n), params_(init_params(graph, 4)) {
    const Noise noise(9);
    const Shape& shape = graph.main().value(graph.main().inputs[0]).type.shape;
    for (int64_t i = 0; i < n * shape.numel(); ++i) {
      input_.push_back(static_cast<float>(2 * noise.uniform(static_cast<uint64_t>(i)) - 1));
    }
    for (const Param& param : graph.params()) {
      grads_.emplace_back(static_cast<size_t>(param.shape.numel()), 0.0F);
    }
    const auto floats = static_cast<size_t>(n * graph.n_classes());
    for (int exit = 0; exit < graph.n_exits(); ++exit) {
      logits_.emplace_back(floats);
      factors_.emplace_back(floats);
      for (size_t i = 0; i < floats; ++i) {
        factors_.back()[i] =
            static_cast<float>(noise.uniform(7919 * i + static_cast<size_t>(exit)) - 0.5);
      }
    }
  }

  double loss(std::string_view isa) {
    network_ = std::make_unique<fast::Network>(graph_, buffers(), isa);
    std::vector<float*> rows;
    for (auto& logits : logits_) rows.push_back(logits.data());
    network_->forward(input_.data(), n_, fast::Pass::kTraining, rows);
    double sum = 0;
    for (size_t exit = 0; exit < logits_.size(); ++exit) {
      for (size_t i = 0; i < logits_[exit].size(); ++i) {
        sum += static_cast<double>(logits_[exit][i]) * factors_[exit][i];
      }
    }
    return sum;
  }

  /// By ParamId.
  std::vector<std::vector<float>> gradients(std::string_view isa) {
    loss(isa);
    for (auto& grad : grads_) std::fill(grad.begin(), grad.end(), 0.0F);
    std::vector<const float*> rows;
    for (const auto& factors : factors_) rows.push_back(factors.data());
    network_->backward(rows);
    return grads_;
  }

  float& param(size_t id, int64_t i) { return params_.at(graph_.params()[id].name).f()[i]; }

 private:
  std::vector<fast::ParamBuffer> buffers() {
    std::vector<fast::ParamBuffer> out;
    for (size_t i = 0; i < graph_.params().size(); ++i) {
      const Param& param = graph_.params()[i];
      Tensor& tensor = params_.at(param.name);
      fast::ParamBuffer buffer;
      if (param.role == ParamRole::kCounter) {
        buffer.counter = tensor.data<int64_t>().data();
      } else {
        buffer.value = tensor.f();
        if (is_trained(param.role)) buffer.grad = grads_[i].data();
      }
      out.push_back(buffer);
    }
    return out;
  }

  const Graph& graph_;
  int64_t n_;
  NamedTensors params_;
  std::vector<float> input_;
  std::vector<std::vector<float>> grads_;
  std::vector<std::vector<float>> logits_;
  std::vector<std::vector<float>> factors_;
  std::unique_ptr<fast::Network> network_;
};

TEST(FastNetwork, EveryInstructionSetGivesTheSameGradients) {
  const Graph graph = smooth_network();
  Trained trained(graph, 13);
  const auto expected = trained.gradients("");
  for (const cpu::Isa isa : cpu::isas()) {
    SCOPED_TRACE(cpu::isa_name(isa));
    const auto got = trained.gradients(cpu::isa_name(isa));
    for (size_t i = 0; i < expected.size(); ++i) {
      double largest = 1e-3;
      for (const float v : expected[i])
        largest = std::max(largest, std::abs(static_cast<double>(v)));
      for (size_t k = 0; k < expected[i].size(); ++k) {
        EXPECT_NEAR(got[i][k], expected[i][k], 2e-5 * largest) << graph.params()[i].name;
      }
    }
  }
}

TEST(FastNetwork, GradientsAreDifferencesOfTheLoss) {
  const Graph graph = smooth_network();
  Trained trained(graph, 19);
  const auto grads = trained.gradients("");
  for (size_t id = 0; id < grads.size(); ++id) {
    const Param& param = graph.params()[id];
    if (!is_trained(param.role)) continue;
    for (int64_t i = 0; i < param.shape.numel(); i += 1 + param.shape.numel() / 5) {
      constexpr float kStep = 1.0F / 128;
      const float start = trained.param(id, i);
      trained.param(id, i) = start + kStep;
      const double above = trained.loss("");
      trained.param(id, i) = start - kStep;
      const double below = trained.loss("");
      trained.param(id, i) = start;
      const double slope = (above - below) / (2 * kStep);
      EXPECT_NEAR(grads[id][static_cast<size_t>(i)], slope, 2e-3 * std::max(1.0, std::abs(slope)))
          << param.name << " " << i;
    }
  }
}

TEST(FastNetwork, AnswersDoNotDependOnTheOtherSamples) {
  const Graph graph = smooth_network();
  // In inference the running statistics are used, so the first samples of both batches agree.
  NamedTensors params = init_params(graph, 4);
  std::vector<fast::ParamBuffer> buffers;
  for (const Param& param : graph.params()) {
    Tensor& tensor = params.at(param.name);
    fast::ParamBuffer buffer;
    if (param.role == ParamRole::kCounter) {
      buffer.counter = tensor.data<int64_t>().data();
    } else {
      buffer.value = tensor.f();
    }
    buffers.push_back(buffer);
  }
  std::vector<float> input(size_t{20} * 3 * 9 * 10);
  const Noise noise(2);
  for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<float>(noise.uniform(i));
  fast::Network network(graph, buffers);
  std::vector<std::vector<float>> many(2, std::vector<float>(60));
  std::vector<std::vector<float>> few(2, std::vector<float>(60));
  const std::vector<float*> many_rows{many[0].data(), many[1].data()};
  const std::vector<float*> few_rows{few[0].data(), few[1].data()};
  network.forward(input.data(), 20, fast::Pass::kInference, many_rows);
  network.forward(input.data(), 3, fast::Pass::kInference, few_rows);
  for (size_t exit = 0; exit < 2; ++exit) {
    for (size_t i = 0; i < 9; ++i) EXPECT_EQ(few[exit][i], many[exit][i]);
    EXPECT_NE(many[exit][0], many[exit][3]);
  }
}

}  // namespace
}  // namespace fovea
