// Every network of the zoo: every executor against the reference, and against torchvision's logits
// where torchvision has the network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "golden/golden.h"
#include "graph/cost.h"
#include "reference/reference.h"
#include "support/executors.h"

namespace fovea {
namespace {

NamedTensors formula_input(const Graph& graph, int64_t n) {
  Tensor input = Tensor::f32(graph.main().value(graph.main().inputs[0]).type.shape.batched(n));
  golden::fill_from_formula(input, "input", 3.4, -1.7);
  return {{"input", input}};
}

// The reference takes seconds for a billion multiply-adds: the other executors are held to each
// other on larger networks, and on those that differ from another in the width of the head alone.
constexpr int64_t kReferenceMacs = 250'000'000;

bool for_reference(const std::string& name, const Graph& graph) {
  return name.find("cifar100") == std::string::npos &&
         exit_costs(graph).back().macs <= kReferenceMacs;
}

// Formula weights let activations of deep networks grow into the thousands, so the largest logit
// sets the tolerance; torchvision's own float32 and float64 runs differ by 6e-7 of it.
double allowed(const Tensor& logits, double absolute, double relative) {
  double largest = 0;
  for (const float v : logits.data<float>()) {
    largest = std::max(largest, std::abs(static_cast<double>(v)));
  }
  return std::max(absolute, relative * largest);
}

TEST(ZooExecutors, AgreeOnEveryNetwork) {
  int with_reference = 0;
  for (const std::string& name : network_names()) {
    const Graph graph = make_network(name);
    SCOPED_TRACE(name);
    const NamedTensors params = golden::formula_params(graph);
    const NamedTensors input = formula_input(graph, 1);
    const bool use_reference = for_reference(name, graph);
    with_reference += use_reference ? 1 : 0;
    std::optional<Outputs> expected;
    for (const auto& executor : use_reference ? testing_support::executors_under_test()
                                              : testing_support::executors_but_reference()) {
      SCOPED_TRACE(executor.name);
      Outputs got;
      make_executor(executor, graph, params)->run(input, {}, got).value();
      EXPECT_EQ(got.work.macs, exit_costs(graph).back().macs_needed);
      if (!expected) {
        expected = std::move(got);
        continue;
      }
      for (size_t e = 0; e < expected->exit_logits.size(); ++e) {
        const Tensor& logits = expected->exit_logits[e];
        EXPECT_LE(golden::worst(got.exit_logits[e], logits), allowed(logits, 1e-4, 5e-6))
            << "exit " << e;
      }
    }
  }
  EXPECT_GE(with_reference, 12);
}

TEST(ZooExecutors, KernelCountersEqualTheGraphAtEveryExit) {
  const Graph graph = make_network("msdnet-even-b7-cifar10");
  const std::vector<ExitCost> costs = exit_costs(graph);
  const NamedTensors input = formula_input(graph, 2);
  for (const auto& under_test : testing_support::executors_but_reference()) {
    SCOPED_TRACE(under_test.name);
    const auto executor = make_executor(under_test, graph, golden::formula_params(graph));
    for (int e = 0; e < graph.n_exits(); ++e) {
      Policy fixed;
      fixed.exit = e;
      Outputs out;
      executor->run(input, {.policy = &fixed}, out).value();
      EXPECT_EQ(out.macs.data<int64_t>()[1], costs[static_cast<size_t>(e)].macs_single)
          << "exit " << e;
      Policy all_before;
      for (int k = 0; k + 1 < graph.n_exits(); ++k) {
        all_before.thresholds.emplace_back(k == e ? -1.0F : 2.0F);
      }
      executor->run(input, {.policy = &all_before}, out).value();
      EXPECT_EQ(out.macs.data<int64_t>()[1], costs[static_cast<size_t>(e)].macs_needed)
          << "exit " << e;
    }
  }
}

class Torchvision : public testing::TestWithParam<std::string> {};

TEST_P(Torchvision, LogitsEqualOnFormulaWeights) {
  const TensorFile file =
      read_safetensors(std::string(FOVEA_SOURCE_DIR) + "/tests/golden/torchvision/" + GetParam() +
                       ".safetensors")
          .value();
  const auto& logits = file.tensors.at("logits.0");
  Settings settings;
  if (file.metadata.contains("input_size")) settings["input_size"] = file.metadata.at("input_size");
  const Graph graph =
      make_network(GetParam() == "mobilenet_v2" ? "mobilenetv2" : GetParam(), settings);
  const NamedTensors input = formula_input(graph, logits.shape()[0]);
  for (const auto& executor : testing_support::executors_but_reference()) {
    Outputs out;
    make_executor(executor, graph, golden::formula_params(graph))->run(input, {}, out).value();
    EXPECT_LE(golden::worst(out.exit_logits[0], logits), allowed(logits, 5e-5, 3e-6))
        << executor.name;
  }
}
INSTANTIATE_TEST_SUITE_P(Networks, Torchvision,
                         testing::Values("resnet18", "resnet34", "resnet50", "mobilenet_v2"));

}  // namespace
}  // namespace fovea
