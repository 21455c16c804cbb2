// The published networks equal the numbers of the official programs in reference and runtime.
#include "golden/golden.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fovea/session.h"
#include "reference/reference.h"

namespace fovea {
namespace {

std::unique_ptr<Executor> make(const std::string& kind, const Graph& graph,
                               const NamedTensors& params,
                               const std::vector<std::string>& taps = {}) {
  if (kind == "reference")
    return std::make_unique<ReferenceExecutor>(graph, params, ReferenceOptions{.taps = taps});
  return std::make_unique<Session>(Plan::make(graph, params, {.taps = taps}));
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, StoredWeightsGiveThePublishedLogitsAndTaps) {
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
    const auto executor = make(GetParam(), graph, golden::stored_params(file), taps);
    Outputs out;
    executor->run({{"input", file.tensors.at("input")}}, {}, out).value();
    for (int e = 0; e < graph.n_exits(); ++e) {
      const std::string key = "logits." + std::to_string(e);
      EXPECT_LE(golden::worst(out.exit_logits[static_cast<size_t>(e)], file.tensors.at(key)), 5e-5)
          << key;
    }
    EXPECT_FALSE(file.tensors.contains("logits." + std::to_string(graph.n_exits())));
    for (const std::string& tap : taps) {
      EXPECT_LE(golden::worst(out.taps.at(tap).rows(0, 1), file.tensors.at("tap." + tap)), 1e-4)
          << tap;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Executors, Golden, testing::Values("reference", "runtime"));

void expect_formula_logits(const std::string& kind, const std::string& path, double tolerance) {
  SCOPED_TRACE(path);
  const TensorFile file = read_safetensors(path).value();
  const Graph graph = golden::network_of(file.metadata);
  EXPECT_EQ(std::to_string(graph.n_params()), file.metadata.at("params"));
  const auto executor = make(kind, graph, golden::formula_params(graph));
  Tensor input = Tensor::f32(graph.main()
                                 .value(graph.main().inputs[0])
                                 .type.shape.batched(std::stoll(file.metadata.at("batch"))));
  golden::fill_from_formula(input, "input", 3.4, -1.7);
  Outputs out;
  executor->run({{"input", input}}, {}, out).value();
  for (int e = 0; e < graph.n_exits(); ++e) {
    const std::string key = "logits." + std::to_string(e);
    EXPECT_LE(golden::worst(out.exit_logits[static_cast<size_t>(e)], file.tensors.at(key)),
              tolerance)
        << key;
  }
}

TEST(GoldenFormula, CifarNetworksInTheRuntime) {
  for (const std::string& path :
       golden::files("ranet", {"formula_ranet_cifar", "formula_msdnet_cifar"})) {
    expect_formula_logits("runtime", path, 5e-5);
  }
}

TEST(GoldenFormula, CifarNetworksInTheReference) {
  for (const std::string& path :
       golden::files("ranet", {"formula_ranet_cifar", "formula_msdnet_cifar"})) {
    expect_formula_logits("reference", path, 5e-5);
  }
}

TEST(GoldenFormula, ImagenetNetworksInTheRuntime) {
  const auto paths = golden::files("ranet", {"formula_ranet_imagenet", "formula_msdnet_imagenet"});
  ASSERT_EQ(paths.size(), 3U);
  for (const std::string& path : paths) expect_formula_logits("runtime", path, 1e-4);
}

}  // namespace
}  // namespace fovea
