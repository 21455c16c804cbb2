// Every LibTorch facet against the reference facet, on seeded random inputs.
#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/noise.h"
#include "learner/torch_tensor.h"
#include "ops/facet_torch.h"
#include "ops/op_testing.h"

namespace fovea {
namespace {

struct Case {
  std::string op;  ///< as in the text form; inputs are a, b, …
  std::vector<Shape> inputs;
  int64_t n = 3;
};

Tensor random_tensor(const Shape& shape, uint64_t stream, double low = -2, double high = 2) {
  Tensor out = Tensor::f32(shape);
  const Noise noise(stream);
  for (int64_t i = 0; i < out.numel(); ++i) {
    out.f()[i] = static_cast<float>(low + (high - low) * noise.uniform(static_cast<uint64_t>(i)));
  }
  return out;
}

Tensor random_param(const Param& param, uint64_t stream) {
  if (param.role == ParamRole::kCounter) return Tensor(DType::kI64, param.shape);
  const bool variance = param.role == ParamRole::kRunningVar;
  return random_tensor(param.shape, stream, variance ? 0.3 : -0.7, variance ? 2.0 : 0.7);
}

/// Both facets of the operator on the same numbers.
struct Both {
  Tensor reference;
  Tensor torch;
  int64_t reference_macs = 0;
  int64_t torch_macs = 0;
};

Both run_both(const Case& test) {
  const Graph graph = parse_op(test.op, test.inputs).value();
  const NodeView view(graph.main().nodes[0], graph.main(), graph.params());
  std::vector<Tensor> in;
  std::vector<Tensor> params;
  std::vector<at::Tensor> torch_in;
  std::vector<at::Tensor> torch_params;
  for (size_t i = 0; i < test.inputs.size(); ++i) {
    in.push_back(random_tensor(test.inputs[i].batched(test.n), 100 + i));
    torch_in.push_back(to_torch(in.back()));
  }
  for (int i = 0; i < view.n_params(); ++i) {
    params.push_back(random_param(view.param(i), 200 + static_cast<uint64_t>(i)));
    torch_params.push_back(to_torch(params.back()));
  }
  const ValueType& type = view.output_type(0);
  std::vector<Tensor> out{type.decision ? Tensor::i64({test.n})
                                        : Tensor::f32(type.shape.batched(test.n))};
  std::vector<int64_t> macs(static_cast<size_t>(test.n), 0);
  find_ref_op(view.node().op->name)
      ->run(
          {.node = view, .in = in, .params = params, .out = out, .n = test.n, .macs = macs.data()});
  std::vector<at::Tensor> torch_out(1);
  TorchCall call{
      .node = view, .in = torch_in, .params = torch_params, .out = torch_out, .n = test.n};
  find_torch_op(view.node().op->name)->run(call);
  return {out[0], from_torch(torch_out[0]), macs[0], call.macs_per_cell};
}

class TorchFacets : public testing::TestWithParam<Case> {};

TEST_P(TorchFacets, EqualTheReference) {
  const Both both = run_both(GetParam());
  ASSERT_EQ(both.torch.shape(), both.reference.shape());
  ASSERT_EQ(both.torch.dtype(), both.reference.dtype());
  if (both.reference.dtype() == DType::kI64) {
    for (int64_t i = 0; i < both.reference.numel(); ++i) {
      EXPECT_EQ(both.torch.data<int64_t>()[static_cast<size_t>(i)],
                both.reference.data<int64_t>()[static_cast<size_t>(i)]);
    }
    return;
  }
  for (int64_t i = 0; i < both.reference.numel(); ++i) {
    EXPECT_NEAR(both.torch.f()[i], both.reference.f()[i], 1e-5) << "element " << i;
  }
  EXPECT_EQ(both.torch_macs, both.reference_macs);
}

/// The test's name in reports.
void PrintTo(const Case& test, std::ostream* out) { *out << test.op; }

std::vector<Case> cases() {
  return {
      {"conv2d(a) channels=5 kernel=3x3 pad=1", {{4, 7, 6}}},
      {"conv2d(a) channels=6 kernel=3x2 stride=2x1 pad=0,1,2,0 groups=2 bias=present", {{4, 9, 8}}},
      {"conv2d(a) channels=4 kernel=3x3 dilation=2x2 pad=2 groups=4", {{4, 8, 8}}},
      {"conv2d(a) channels=3", {{2, 1, 1}}, 1},
      {"batch_norm(a)", {{3, 4, 5}}},
      {"batch_norm(a) eps=0.01", {{6}}},
      {"relu(a)", {{3, 4, 5}}},
      {"relu6(a)", {{40}}},
      {"sigmoid(a)", {{40}}},
      {"max_pool2d(a) kernel=3x3 stride=2x2 pad=1x1", {{2, 7, 8}}},
      {"max_pool2d(a) kernel=2x3 stride=1x2 pad=1x1", {{2, 5, 5}}},
      {"avg_pool2d(a)", {{2, 5, 7}}},
      {"avg_pool2d(a) kernel=3x3 stride=2x2 pad=1x1", {{2, 6, 6}}},
      {"avg_pool2d(a) kernel=5x4 stride=1x1 pad=2x2", {{2, 4, 4}}},
      {"mean_hw(a)", {{3, 4, 5}}},
      {"linear(a) features=7", {{9}}},
      {"linear(a) features=3 bias=none", {{5}}},
      {"add(a, b)", {{3, 4, 5}, {3, 4, 5}}},
      {"add(a, b)", {{3, 4, 5}, {3}}},
      {"add(a, b)", {{3, 4, 5}, {1, 4, 5}}},
      {"multiply(a, b)", {{3, 4, 5}, {3, 1, 1}}},
      {"multiply(a, b)", {{6}, {6}}},
      {"concat(a, b, c)", {{2, 3, 4}, {1, 3, 4}, {5, 3, 4}}},
      {"concat(a, b)", {{4}, {3}}},
      {"slice(a) axis=0 begin=1 end=3", {{4, 3, 5}}},
      {"slice(a) axis=2 begin=2 end=5", {{4, 3, 5}}},
      {"flatten(a)", {{4, 3, 5}}},
      {"resize(a) size=7x9", {{2, 4, 5}}},
      {"resize(a) size=3x2", {{2, 8, 7}}},
      {"resize(a) size=1x1", {{2, 8, 7}}},
      {"resize(a) size=4x5", {{2, 4, 5}}},
      {"resize(a) size=7x9 mode=bilinear", {{2, 4, 5}}},
      {"resize(a) size=3x2 mode=bilinear", {{2, 8, 7}}},
      {"resize(a) size=7x9 mode=nearest", {{2, 4, 5}}},
      {"resize(a) size=3x5 mode=nearest", {{2, 8, 7}}},
      {"resize(a) size=3x5 mode=area", {{2, 8, 7}}},
      {"resize(a) size=7x9 mode=area", {{2, 4, 5}}},
      {"softmax(a)", {{9}}},
      {"decide(a) threshold=0.2", {{1}}, 20},
      {"decide(a) metric=max_softmax threshold=0.5", {{4}}, 20},
      {"decide(a) rule=argmax", {{4}}, 20},
  };
}
INSTANTIATE_TEST_SUITE_P(Operators, TorchFacets, testing::ValuesIn(cases()));

TEST(TorchFacets, EveryOperatorButRoutesAndExitsHasACase) {
  std::set<std::string> covered;
  for (const Case& test : cases()) covered.insert(test.op.substr(0, test.op.find('(')));
  for (const OpDef* op : all_ops()) {
    if (op->name == "exit" || op->name == "route") continue;  // executor_test.cc runs these
    EXPECT_TRUE(covered.contains(std::string(op->name))) << op->name;
  }
}

struct Trained {
  at::Tensor out;
  std::vector<at::Tensor> params;
};

Trained train_batch_norm(const at::Tensor& src) {
  const Graph graph = parse_op("batch_norm(a)", {Shape(src.sizes().vec()).per_sample()}).value();
  const NodeView view(graph.main().nodes[0], graph.main(), graph.params());
  std::vector<at::Tensor> params;
  for (int i = 0; i < view.n_params(); ++i) {
    params.push_back(to_torch(random_param(view.param(i), 300 + static_cast<uint64_t>(i))));
  }
  std::vector<at::Tensor> out(1);
  const std::vector<at::Tensor> in{src};
  TorchCall call{.node = view,
                 .in = in,
                 .params = params,
                 .out = out,
                 .n = src.size(0),
                 .phase = Phase::kTraining};
  find_torch_op("batch_norm")->run(call);
  return {out[0], params};
}

TEST(TorchBatchNorm, TrainingUpdatesRunningStatisticsWithTheUnbiasedVariance) {
  // One channel with the values 1, 2, 3, 6: mean 3, biased variance 3.5, unbiased 14/3.
  const Tensor src({4, 1}, std::vector<float>{1, 2, 3, 6});
  const auto old = train_batch_norm(to_torch(Tensor({4, 1}, std::vector<float>{0, 0, 0, 0})));
  const Trained got = train_batch_norm(to_torch(src));
  // `old` saw zeros: 0.9·start and 0.9·start.
  EXPECT_NEAR(got.params[2].item<float>() - old.params[2].item<float>(), 0.1 * 3, 1e-6);
  EXPECT_NEAR(got.params[3].item<float>() - old.params[3].item<float>(), 0.1 * 14 / 3, 1e-6);
  EXPECT_EQ(got.params[4].item<int64_t>(), 1);
  const double weight = got.params[0].item<double>();
  const double bias = got.params[1].item<double>();
  EXPECT_NEAR(from_torch(got.out).f()[3], 3 / std::sqrt(3.5 + 1e-5) * weight + bias, 1e-5);
}

TEST(TorchBatchNorm, OneValuePerChannelCannotBeTrainedOn) {
  try {
    train_batch_norm(to_torch(Tensor({1, 2}, std::vector<float>{1, 2})));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("more than one value a channel"));
  }
}

}  // namespace
}  // namespace fovea
