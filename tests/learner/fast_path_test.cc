// The fast path gives the eager path's losses, gradients and statistics.
#include "learner/fast_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/noise.h"
#include "golden/golden.h"
#include "learner/torch_tensor.h"
#include "learner/training_step.h"
#include "ops/builder.h"

namespace fovea {
namespace {

using testing::HasSubstr;

Tensor noise_tensor(const Shape& shape, uint64_t stream, double low, double high) {
  Tensor out = Tensor::f32(shape);
  const Noise noise(stream);
  for (int64_t i = 0; i < out.numel(); ++i) {
    out.f()[i] = static_cast<float>(low + (high - low) * noise.uniform(static_cast<uint64_t>(i)));
  }
  return out;
}

/// Parameters under which activations keep their size.
NamedTensors start_params(const Graph& graph) {
  NamedTensors out;
  uint64_t stream = 7;
  for (const Param& param : graph.params()) {
    ++stream;
    switch (param.role) {
      case ParamRole::kCounter:
        out.emplace(param.name, Tensor(DType::kI64, param.shape));
        break;
      case ParamRole::kRunningVar:
        out.emplace(param.name, noise_tensor(param.shape, stream, 0.5, 1.5));
        break;
      case ParamRole::kWeight:
        if (param.shape.rank() == 1) {
          out.emplace(param.name, noise_tensor(param.shape, stream, 0.6, 1.4));
        } else {
          const double reach = std::sqrt(6.0 / static_cast<double>(param.fan_in));
          out.emplace(param.name, noise_tensor(param.shape, stream, -reach, reach));
        }
        break;
      default:
        out.emplace(param.name, noise_tensor(param.shape, stream, -0.3, 0.3));
    }
  }
  return out;
}

struct Batch {
  at::Tensor values;
  at::Tensor labels;
};

Batch batch_for(const Graph& graph, int64_t n) {
  const Shape& shape = graph.main().value(graph.main().inputs[0]).type.shape;
  Tensor labels = Tensor::i64({n});
  for (int64_t i = 0; i < n; ++i) labels.data<int64_t>()[static_cast<size_t>(i)] = (i * 3 + 1) % graph.n_classes();
  return {to_torch(noise_tensor(shape.batched(n), 3, -1.5, 1.5)), to_torch(labels)};
}

/// max|difference| relative to the largest number of `expected`.
double relative(const Tensor& got, const Tensor& expected) {
  double largest = 1e-30;
  for (const float v : expected.data<float>()) {
    largest = std::max(largest, std::abs(static_cast<double>(v)));
  }
  return golden::worst(got, expected) / largest;
}

void expect_equal_training(const Graph& graph, int64_t n, const Stage& stage = {},
                           double tolerance = 1e-5) {
  ASSERT_EQ(fast_path_obstacle(graph), std::nullopt);
  const NamedTensors params = start_params(graph);
  const Batch batch = batch_for(graph, n);
  StageTrainer eager(graph, params, stage, at::kCPU, 1, PathChoice::kEager);
  StageTrainer fast(graph, params, stage, at::kCPU, 1, PathChoice::kFast);
  ASSERT_EQ(fast.path(), TrainingPath::kFast);
  const StepReport a = eager.gradients(batch.values, batch.labels);
  const StepReport b = fast.gradients(batch.values, batch.labels);
  for (size_t e = 0; e < a.loss_per_exit.size(); ++e) {
    EXPECT_NEAR(b.loss_per_exit[e], a.loss_per_exit[e], 1e-5 * std::abs(a.loss)) << e;
  }
  const NamedTensors expected = eager.network().grads();
  const NamedTensors got = fast.network().grads();
  ASSERT_EQ(got.size(), expected.size());
  double worst = 0;
  for (const auto& [name, tensor] : expected) {
    worst = std::max(worst, relative(got.at(name), tensor));
    EXPECT_LE(relative(got.at(name), tensor), tolerance) << name;
  }
  testing::Test::RecordProperty("worst_" + graph.name(), std::to_string(worst));
  const NamedTensors state = eager.network().state();
  for (const auto& [name, tensor] : fast.network().state()) {
    if (tensor.dtype() == DType::kI64) {
      EXPECT_EQ(tensor.data<int64_t>()[0], state.at(name).data<int64_t>()[0]) << name;
    } else {
      EXPECT_LE(relative(tensor, state.at(name)), 1e-5) << name;
    }
  }
  const auto answers = [&](StageTrainer& trainer) {
    return trainer.network().forward(batch.values, Phase::kInference);
  };
  const std::vector<at::Tensor> right = answers(eager);
  const std::vector<at::Tensor> mine = answers(fast);
  for (size_t e = 0; e < right.size(); ++e) {
    EXPECT_LE(relative(from_torch(mine[e]), from_torch(right[e])), 1e-5) << "exit " << e;
  }
}

class Zoo : public testing::TestWithParam<std::pair<const char*, Settings>> {};

TEST_P(Zoo, TrainsAsTheEagerPath) {
  const auto& [name, settings] = GetParam();
  expect_equal_training(make_network(name, settings), 6);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, Zoo,
    testing::Values(std::pair{"ranet-a-cifar10", Settings{}},
                    std::pair{"msdnet-even-b7-cifar10", Settings{}},
                    std::pair{"resnet20-cifar10", Settings{}},
                    std::pair{"ranet", Settings{{"scale_list", "1-2-3"},
                                                {"nBlocks", "1"},
                                                {"block_step", "1"},
                                                {"step", "1"},
                                                {"nChannels", "2"},
                                                {"growthRate", "4"},
                                                {"cls_hidden", "8"}}}));

}  // namespace
}  // namespace fovea
