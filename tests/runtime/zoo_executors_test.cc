// Every network of the zoo: runtime against reference, and against torchvision's logits where
// torchvision has the network.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/session.h"
#include "golden/golden.h"
#include "graph/cost.h"
#include "reference/reference.h"
#include "support/random_graph.h"

namespace fovea {
namespace {

NamedTensors formula_input(const Graph& graph, int64_t n) {
  Tensor input = Tensor::f32(graph.main().value(graph.main().inputs[0]).type.shape.batched(n));
  golden::fill_from_formula(input, "input", 3.4, -1.7);
  return {{"input", input}};
}

// The reference takes seconds for a billion multiply-adds; larger networks are held to the official
// programs' logits by the golden tests.
constexpr int64_t kReferenceMacs = 250'000'000;

TEST(ZooExecutors, RuntimeEqualsReferenceOnEveryNetworkOfCifarSize) {
  int compared = 0;
  for (const std::string& name : network_names()) {
    if (name.find("cifar100") != std::string::npos) continue;  // the same network with a wider head
    const Graph graph = make_network(name);
    if (exit_costs(graph).back().macs > kReferenceMacs) continue;
    SCOPED_TRACE(name);
    const NamedTensors params = golden::formula_params(graph);
    const NamedTensors input = formula_input(graph, 1);
    Outputs expected;
    ReferenceExecutor(graph, params).run(input, {}, expected).value();
    Outputs got;
    Session(Plan::make(graph, params)).run(input, {}, got).value();
    for (int e = 0; e < graph.n_exits(); ++e) {
      EXPECT_LE(testing_support::worst_difference(got.exit_logits[static_cast<size_t>(e)],
                                                  expected.exit_logits[static_cast<size_t>(e)]),
                1e-4)
          << "exit " << e;
    }
    EXPECT_EQ(got.work.macs, exit_costs(graph).back().macs_needed);
    ++compared;
  }
  EXPECT_GE(compared, 12);
}

TEST(ZooExecutors, KernelCountersEqualTheGraphAtEveryExit) {
  const Graph graph = make_network("msdnet-even-b7-cifar10");
  Session session(Plan::make(graph, golden::formula_params(graph)));
  const std::vector<ExitCost> costs = exit_costs(graph);
  const NamedTensors input = formula_input(graph, 2);
  for (int e = 0; e < graph.n_exits(); ++e) {
    Policy fixed;
    fixed.exit = e;
    Outputs out;
    session.run(input, {.policy = &fixed}, out).value();
    EXPECT_EQ(out.macs.data<int64_t>()[1], costs[static_cast<size_t>(e)].macs_single)
        << "exit " << e;
    Policy all_before;
    for (int k = 0; k + 1 < graph.n_exits(); ++k) {
      all_before.thresholds.emplace_back(k == e ? -1.0F : 2.0F);
    }
    session.run(input, {.policy = &all_before}, out).value();
    EXPECT_EQ(out.macs.data<int64_t>()[1], costs[static_cast<size_t>(e)].macs_needed)
        << "exit " << e;
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
  Outputs out;
  Session(Plan::make(graph, golden::formula_params(graph))).run(input, {}, out).value();
  // Formula weights let activations of deep networks grow into the thousands, so the scale of the
  // logits sets the tolerance; torchvision's own float32 and float64 runs differ by 6e-7 of it.
  double scale = 1;
  for (const float v : logits.data<float>())
    scale = std::max(scale, std::abs(static_cast<double>(v)));
  EXPECT_LE(golden::worst(out.exit_logits[0], logits), std::max(5e-5, 3e-6 * scale));
}
INSTANTIATE_TEST_SUITE_P(Networks, Torchvision,
                         testing::Values("resnet18", "resnet34", "resnet50", "mobilenet_v2"));

}  // namespace
}  // namespace fovea
