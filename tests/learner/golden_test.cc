// The learner equals the numbers of the official programs: logits, taps, two training steps.
#include "golden/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "learner/executor.h"
#include "learner/fast_path.h"
#include "learner/torch_tensor.h"
#include "learner/training_step.h"

namespace fovea {
namespace {

TensorFile training_file() {
  return read_safetensors(std::string(FOVEA_SOURCE_DIR) +
                          "/tests/golden/ranet/train_ranet_tiny.safetensors")
      .value();
}

/// Tensors whose names begin with `prefix`, without it.
NamedTensors with_prefix(const TensorFile& file, const std::string& prefix) {
  NamedTensors out;
  for (const auto& [name, tensor] : file.tensors) {
    if (name.starts_with(prefix)) out[name.substr(prefix.size())] = tensor;
  }
  return out;
}

Graph training_graph(const TensorFile& file) {
  Settings settings(file.metadata.begin(), file.metadata.end());
  for (const char* key : {"lr", "momentum", "weight_decay", "nesterov"}) settings.erase(key);
  return make_network("ranet", settings);
}

/// Largest difference of each tensor of `expected`, which must all be in `got`.
void expect_near(const NamedTensors& got, const NamedTensors& expected, double tolerance) {
  ASSERT_FALSE(expected.empty());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(got.contains(name)) << name;
    if (tensor.dtype() == DType::kI64) {
      EXPECT_EQ(got.at(name).data<int64_t>()[0], tensor.data<int64_t>()[0]) << name;
    } else {
      EXPECT_LE(golden::worst(got.at(name), tensor), tolerance) << name;
    }
  }
}

/// max|error| relative to max|expected|, tensor by tensor.
void expect_gradients(const NamedTensors& got, const NamedTensors& expected, double tolerance) {
  ASSERT_FALSE(expected.empty());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(got.contains(name)) << name;
    double largest = 0;
    for (const float v : tensor.data<float>()) {
      largest = std::max(largest, std::abs(static_cast<double>(v)));
    }
    EXPECT_LE(golden::worst(got.at(name), tensor), tolerance * largest) << name;
  }
}

BatchReport gradients_of(StageTrainer& trainer, const TensorFile& file, const std::string& step) {
  return trainer.gradients(to_torch(file.tensors.at(step + ".input")),
                           to_torch(file.tensors.at(step + ".target")));
}

void expect_losses(const BatchReport& report, const TensorFile& file, const std::string& step) {
  const auto expected = file.tensors.at(step + ".loss_per_exit").data<float>();
  ASSERT_EQ(report.loss_per_exit.size(), expected.size());
  for (size_t e = 0; e < expected.size(); ++e) {
    EXPECT_NEAR(report.loss_per_exit[e], expected[e], 1e-5) << step;
  }
  EXPECT_NEAR(report.loss, file.tensors.at(step + ".loss").data<float>()[0], 1e-5) << step;
}

/// The paths of this build.
std::vector<PathChoice> paths() {
  std::vector<PathChoice> out{PathChoice::kEager};
  if (!fast_path_obstacle(training_graph(training_file()))) out.push_back(PathChoice::kFast);
  return out;
}

class TrainingSteps : public testing::TestWithParam<PathChoice> {};
INSTANTIATE_TEST_SUITE_P(Paths, TrainingSteps, testing::ValuesIn(paths()));

TEST_P(TrainingSteps, TwoEqualTheOfficialProgram) {
  const TensorFile file = training_file();
  StageTrainer trainer(training_graph(file), with_prefix(file, "init."), Stage{}, at::kCPU, 1,
                       GetParam());

  expect_losses(gradients_of(trainer, file, "step1"), file, "step1");
  expect_gradients(trainer.network().grads(), with_prefix(file, "step1.grad."), 1e-3);
  trainer.update(0.1);
  const NamedTensors after1 = trainer.network().state();
  const NamedTensors expected1 = with_prefix(file, "step1.after.");
  EXPECT_EQ(after1.size(), expected1.size());
  expect_near(after1, expected1, 2e-6);

  expect_losses(gradients_of(trainer, file, "step2"), file, "step2");
  expect_gradients(trainer.network().grads(), with_prefix(file, "step2.grad."), 1e-3);
  trainer.update(0.1);
  expect_near(trainer.network().state(), with_prefix(file, "step2.after."), 8e-6);
}

TEST_P(TrainingSteps, TwoThreadsAverageTheGradientsOfTheirParts) {
  const TensorFile file = training_file();
  const NamedTensors init = with_prefix(file, "init.");
  const at::Tensor values = to_torch(file.tensors.at("step1.input"));
  const at::Tensor labels = to_torch(file.tensors.at("step1.target"));
  StageTrainer both(training_graph(file), init, Stage{}, at::kCPU, 2, GetParam());
  const BatchReport report = both.gradients(values, labels);
  double loss = 0;
  NamedTensors mean;
  for (const int64_t half : {0, 1}) {
    StageTrainer alone(training_graph(file), init, Stage{}, at::kCPU, 1, GetParam());
    loss += alone.gradients(values.narrow(0, 2 * half, 2), labels.narrow(0, 2 * half, 2)).loss / 2;
    for (const auto& [name, tensor] : alone.network().grads()) {
      const bool first = !mean.contains(name);
      Tensor& sum = mean.try_emplace(name, Tensor::f32(tensor.shape())).first->second;
      for (int64_t i = 0; i < sum.numel(); ++i) {
        sum.f()[i] = (first ? 0 : sum.f()[i]) + tensor.f()[i] / 2;
      }
    }
  }
  EXPECT_EQ(report.samples, 4);
  EXPECT_NEAR(report.loss, loss, 1e-6);
  expect_gradients(both.network().grads(), mean, 1e-5);
}

TEST_P(TrainingSteps, NesterovMomentumEqualsTheOfficialProgram) {
  const TensorFile file = training_file();
  Stage stage;
  stage.optimizer.nesterov = Nesterov::kYes;
  StageTrainer trainer(training_graph(file), with_prefix(file, "init."), stage, at::kCPU, 1,
                       GetParam());
  for (const char* step : {"step1", "step2"}) {
    gradients_of(trainer, file, step);
    trainer.update(0.1);
  }
  expect_near(trainer.network().state(), with_prefix(file, "nesterov.step2.after."), 1e-5);
}

TEST_P(TrainingSteps, AMissingWeightDecayWouldBeSeen) {
  const TensorFile file = training_file();
  Stage stage;
  stage.optimizer.weight_decay = 0;
  StageTrainer trainer(training_graph(file), with_prefix(file, "init."), stage, at::kCPU, 1,
                       GetParam());
  gradients_of(trainer, file, "step1");
  trainer.update(0.1);
  const NamedTensors after = trainer.network().state();
  double worst = 0;
  for (const auto& [name, tensor] : with_prefix(file, "step1.after.")) {
    if (tensor.dtype() == DType::kF32)
      worst = std::max(worst, golden::worst(after.at(name), tensor));
  }
  EXPECT_GT(worst, 2e-6);
}

TEST(LearnerGolden, StoredWeightsGiveThePublishedLogitsAndTaps) {
  const std::vector<std::string> files = golden::files("ranet", {"ranet_", "msdnet_"});
  ASSERT_EQ(files.size(), 5U);
  for (const std::string& path : files) {
    SCOPED_TRACE(path);
    const TensorFile file = read_safetensors(path).value();
    const Graph graph = golden::network_of(file.metadata);
    std::vector<std::string> taps;
    for (const auto& [name, tensor] : file.tensors) {
      if (name.starts_with("tap.")) taps.push_back(name.substr(4));
    }
    Outputs out;
    make_learner_executor(graph, golden::stored_params(file), {.taps = taps})
        ->run({{"input", file.tensors.at("input")}}, {}, out)
        .value();
    for (int e = 0; e < graph.n_exits(); ++e) {
      const std::string key = "logits." + std::to_string(e);
      EXPECT_LE(golden::worst(out.exit_logits[static_cast<size_t>(e)], file.tensors.at(key)), 5e-5)
          << key;
    }
    for (const std::string& tap : taps) {
      EXPECT_LE(golden::worst(out.taps.at(tap).rows(0, 1), file.tensors.at("tap." + tap)), 1e-4)
          << tap;
    }
  }
}

TEST(LearnerGolden, FormulaWeightsGiveThePublishedLogits) {
  const std::vector<std::string> files = golden::files("ranet", {"formula_"});
  ASSERT_EQ(files.size(), 9U);
  for (const std::string& path : files) {
    SCOPED_TRACE(path);
    const TensorFile file = read_safetensors(path).value();
    const Graph graph = golden::network_of(file.metadata);
    Tensor input = Tensor::f32(graph.main()
                                   .value(graph.main().inputs[0])
                                   .type.shape.batched(std::stoll(file.metadata.at("batch"))));
    golden::fill_from_formula(input, "input", 3.4, -1.7);
    Outputs out;
    make_learner_executor(graph, golden::formula_params(graph))
        ->run({{"input", input}}, {}, out)
        .value();
    const double tolerance = path.find("imagenet") != std::string::npos ? 1e-4 : 5e-5;
    for (int e = 0; e < graph.n_exits(); ++e) {
      const std::string key = "logits." + std::to_string(e);
      EXPECT_LE(golden::worst(out.exit_logits[static_cast<size_t>(e)], file.tensors.at(key)),
                tolerance)
          << key;
    }
  }
}

}  // namespace
}  // namespace fovea
