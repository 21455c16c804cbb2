// The fast path gives the eager path's losses, gradients and statistics.
#include "learner/fast_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/noise.h"
#include "base/words.h"
#include "golden/golden.h"
#include "learner/torch_tensor.h"
#include "learner/training_step.h"
#include "ops/builder.h"
#include "support/corners.h"

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
  for (int64_t i = 0; i < n; ++i)
    labels.data<int64_t>()[static_cast<size_t>(i)] = (i * 3 + 1) % graph.n_classes();
  return {to_torch(noise_tensor(shape.batched(n), 3, -1.5, 1.5)), to_torch(labels)};
}

double largest(const Tensor& tensor) {
  double out = 0;
  for (const float v : tensor.data<float>()) out = std::max(out, std::abs(static_cast<double>(v)));
  return out;
}

/// max|difference| relative to the largest number of `expected`, or to `least`.
double relative(const Tensor& got, const Tensor& expected, double least = 1e-30) {
  return golden::worst(got, expected) / std::max(least, largest(expected));
}

void expect_equal_training(const Graph& graph, int64_t n, const Stage& stage = {},
                           double bias_share = 0.1, double tolerance = 1e-5) {
  ASSERT_EQ(fast_path_obstacle(graph), std::nullopt);
  const NamedTensors params = start_params(graph);
  const Batch batch = batch_for(graph, n);
  StageTrainer eager(graph, params, stage, at::kCPU, 1, PathChoice::kEager);
  StageTrainer fast(graph, params, stage, at::kCPU, 1, PathChoice::kFast);
  ASSERT_EQ(fast.path(), TrainingPath::kFast);
  const BatchReport a = eager.gradients(batch.values, batch.labels);
  const BatchReport b = fast.gradients(batch.values, batch.labels);
  for (size_t e = 0; e < a.loss_per_exit.size(); ++e) {
    EXPECT_NEAR(b.loss_per_exit[e], a.loss_per_exit[e], 1e-5 * std::abs(a.loss)) << e;
  }
  const NamedTensors expected = eager.network().grads();
  const NamedTensors got = fast.network().grads();
  ASSERT_EQ(got.size(), expected.size());
  // What stands before a normalisation may have no gradient at all, a bias never has one: what is
  // left then is rounding of sums that cancel.
  double least = 0;
  for (const auto& [name, tensor] : expected) least = std::max(least, largest(tensor));
  for (const auto& [name, tensor] : expected) {
    const double share = tensor.shape().rank() == 1 ? bias_share : 0.01;
    EXPECT_LE(relative(got.at(name), tensor, share * least), tolerance) << name;
  }
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

struct ZooCase {
  std::string network;
  Settings settings;
  int64_t n = 6;
  bool corners = true;
  double tolerance = 1e-5;
};
void PrintTo(const ZooCase& test, std::ostream* out) { *out << test.network << " " << test.n; }

class FastPathZoo : public testing::TestWithParam<ZooCase> {};

TEST_P(FastPathZoo, TrainsAsTheEagerPath) {
  const ZooCase& test = GetParam();
  const Graph graph = make_network(test.network, test.settings);
  expect_equal_training(test.corners ? graph : without_corners(graph), test.n, {},
                        test.corners ? 0.1 : 1, test.tolerance);
}

const Settings kTinyRanet{{"scale_list", "1-2-3"}, {"nBlocks", "1"},   {"block_step", "1"},
                          {"step", "1"},           {"nChannels", "2"}, {"growthRate", "4"},
                          {"cls_hidden", "8"}};

INSTANTIATE_TEST_SUITE_P(
    Networks, FastPathZoo,
    testing::Values(ZooCase{"ranet-a-cifar10", {}, 6, false},
                    ZooCase{"ranet", kTinyRanet, 35, false}, ZooCase{"ranet", kTinyRanet, 6, false},
                    ZooCase{"msdnet-even-b7-cifar10", {}, 6, false},
                    ZooCase{"resnet20-cifar10", {}, 6, false},
                    ZooCase{
                        "densenet", {{"blocks", "1-1-1"}, {"growthRate", "12"}}, 6, false, 3e-5}));

TEST(FastPath, EveryOperatorTrainsAsTheEagerPath) {
  // Odd sizes, strides, groups, dilation and one-sided padding; parts of concatenations that are
  // views, parts of two results, results of which a part is nobody's, exits that share a value.
  Builder b("all");
  const auto norm = [&](const std::string& name, ValueHandle x) {
    return b.relu(name + ".relu", b.batch_norm(name + ".norm", x));
  };
  const ValueHandle x = b.input("input", {3, 13, 11});
  const ValueHandle first =
      norm("first",
           b.conv2d("first.conv", x, {.channels = 8, .kernel = {3, 3}, .pad = Padding::all(1)}));
  const ValueHandle strided = b.conv2d("strided", first,
                                       {.channels = 6,
                                        .kernel = {3, 2},
                                        .stride = {2, 3},
                                        .pad = {0, 1, 2, 0},
                                        .groups = 2,
                                        .bias = Bias::kPresent});
  const ValueHandle wide = b.relu6("six", b.conv2d("wide", first,
                                                   {.channels = 4,
                                                    .kernel = {3, 3},
                                                    .dilation = {2, 2},
                                                    .pad = Padding::all(2),
                                                    .groups = 4}));
  const ValueHandle pointwise = b.conv2d("pointwise", first, {.channels = 7, .stride = {2, 2}});
  const ValueHandle up = b.resize("up", strided, {.size = {13, 11}});
  const ValueHandle same = b.resize("same", wide, {.size = {13, 11}});
  const ValueHandle cat = b.concat("cat", {first, up, same});
  const ValueHandle again = b.concat("again", {same, cat});
  const ValueHandle part = b.slice("part", again, {.axis = 0, .begin = 2, .end = 9});
  const ValueHandle sum = b.relu(
      "sum.relu",
      b.add("sum", part,
            b.conv2d("seven", again, {.channels = 7, .kernel = {1, 3}, .pad = {0, 1, 0, 1}})));
  const ValueHandle most =
      b.max_pool2d("most", sum, {.kernel = {3, 3}, .stride = {2, 2}, .pad = {1, 1}});
  const ValueHandle down = b.resize("down", most, {.size = {4, 3}, .mode = ResizeMode::kArea});
  const ValueHandle near =
      b.resize("near", pointwise, {.size = {4, 3}, .mode = ResizeMode::kNearest});
  const ValueHandle joined = norm("joined", b.add("twice", b.add("both", down, near), near));
  const ValueHandle mean =
      b.avg_pool2d("mean", joined, {.kernel = {3, 2}, .stride = {1, 1}, .pad = {1, 1}});
  const ValueHandle hidden =
      norm("hidden", b.linear("hidden.linear", b.flatten("flat", mean), {.features = 9}));
  b.exit(b.linear("head.0", b.mean_hw("average", cat), {.features = 5}));
  const ValueHandle logits = b.linear("head.1", hidden, {.features = 5, .bias = Bias::kNone});
  b.exit(logits);
  b.exit(logits);
  const Graph graph = b.finish();
  for (const int64_t n : {5, 7, 16, 19, 33}) {
    SCOPED_TRACE(n);
    expect_equal_training(graph, n);
  }
}

// Training amplifies rounding until steps are no longer comparable; what can be asked is that the
// paths part as slowly as the eager path parts from itself when its weights move by one rounding.
TEST(FastPath, PartsFromTheEagerPathNoFasterThanRoundingDoes) {
  const Graph graph = without_corners(make_network("ranet", kTinyRanet));
  const NamedTensors params = start_params(graph);
  NamedTensors moved = start_params(graph);
  for (auto& [name, tensor] : moved) {
    if (tensor.dtype() != DType::kF32) continue;
    for (int64_t i = 0; i < tensor.numel(); i += 2) {
      tensor.f()[i] = std::nextafter(tensor.f()[i], 10.0F);
    }
  }
  StageTrainer eager(graph, params, {}, at::kCPU, 1, PathChoice::kEager);
  StageTrainer neighbour(graph, moved, {}, at::kCPU, 1, PathChoice::kEager);
  StageTrainer fast(graph, params, {}, at::kCPU, 1, PathChoice::kFast);
  const Batch batch = batch_for(graph, 40);
  for (int step = 0; step < 6; ++step) {
    SCOPED_TRACE(step);
    double apart[2] = {0, 0};
    const double loss = eager.gradients(batch.values, batch.labels).loss;
    StageTrainer* const others[2] = {&neighbour, &fast};
    for (int i = 0; i < 2; ++i) {
      const double other = others[i]->gradients(batch.values, batch.labels).loss;
      for (const auto& [name, tensor] : eager.network().grads()) {
        const Tensor got = others[i]->network().grads().at(name);
        for (int64_t k = 0; k < tensor.numel(); ++k) {
          apart[i] += std::pow(static_cast<double>(got.f()[k]) - tensor.f()[k], 2);
        }
      }
      EXPECT_NEAR(other, loss, 0.02 * loss);
    }
    EXPECT_LE(std::sqrt(apart[1]), 10 * std::sqrt(apart[0]));
    for (StageTrainer* trainer : {&eager, &neighbour, &fast}) trainer->update(0.01);
  }
}

TEST(FastPath, TrainsOnlyWhatTheStageNames) {
  const Graph graph = without_corners(make_network("ranet", kTinyRanet));
  for (const char* prefix : {"classifier", "scale_flows.1", "FirstLayer.layers.0"}) {
    SCOPED_TRACE(prefix);
    Stage stage;
    stage.trainable = {prefix};
    expect_equal_training(graph, 20, stage);
  }
}

TEST(FastPath, TrainsUnderEveryObjective) {
  Settings boosted = kTinyRanet;
  boosted["boosted"] = "1";
  for (const std::string& kind : objective_names()) {
    SCOPED_TRACE(kind);
    Stage stage;
    stage.objective.kind = kind;
    stage.objective.label_smoothing = 0.1;
    const Graph graph = make_network("ranet", kind == "boosted" ? boosted : kTinyRanet);
    expect_equal_training(without_corners(graph), 20, stage);
  }
}

TEST(FastPath, BatchesOfChangingSizesLeaveNothingBehind) {
  const Graph graph = make_network("ranet", kTinyRanet);
  const NamedTensors params = start_params(graph);
  StageTrainer used(graph, params, {}, at::kCPU, 1, PathChoice::kFast);
  for (const int64_t n : {40, 3, 17}) {
    const Batch batch = batch_for(graph, n);
    used.gradients(batch.values, batch.labels);
    StageTrainer fresh(graph, params, {}, at::kCPU, 1, PathChoice::kFast);
    fresh.gradients(batch.values, batch.labels);
    const NamedTensors expected = fresh.network().grads();
    for (const auto& [name, tensor] : used.network().grads()) {
      EXPECT_EQ(golden::worst(tensor, expected.at(name)), 0) << name << " with " << n;
    }
  }
}

TEST(FastPath, SaysWhatItCannotCarryOut) {
  Builder b("soft");
  const ValueHandle x = b.input("input", {3, 4, 4});
  b.exit(b.softmax("answer", b.linear("head", b.flatten("flat", x), {.features = 3})));
  const Graph graph = b.finish();
  EXPECT_THAT(fast_path_obstacle(graph).value_or(""), HasSubstr("'softmax' of 'answer'"));
  const NamedTensors params = start_params(graph);
  StageTrainer trainer(graph, params, {}, at::kCPU, 1, PathChoice::kAuto);
  EXPECT_EQ(trainer.path(), TrainingPath::kEager);
  try {
    StageTrainer refused(graph, params, {}, at::kCPU, 1, PathChoice::kFast);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.info().kind, ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("run.path"));
    EXPECT_THAT(error.what(), HasSubstr("softmax"));
  }
}

TEST(FastPath, OneValueAChannelCannotBeTrainedOn) {
  Builder b("one");
  const ValueHandle x = b.input("input", {2, 1, 1});
  b.exit(b.linear("head", b.flatten("flat", b.batch_norm("norm", x)), {.features = 2}));
  const Graph graph = b.finish();
  StageTrainer trainer(graph, start_params(graph), {}, at::kCPU, 1, PathChoice::kFast);
  const Batch batch = batch_for(graph, 1);
  EXPECT_THROW(trainer.gradients(batch.values, batch.labels), Error);
}

}  // namespace
}  // namespace fovea
