// Untrained weights follow the rule of their parameter.
#include "graph/init.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "networks.h"

namespace fovea {
namespace {

Graph network(Init init) {
  Builder b("net");
  ValueHandle x = b.input("input", {16, 8, 8});
  x = b.conv2d("conv", x, {.channels = 64, .kernel = {3, 3}, .init = init});
  x = b.batch_norm("norm", x);
  b.exit(b.linear("linear", b.mean_hw("mean", x), {.features = 10, .bias_init = Init::kZeros}));
  return b.finish();
}

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};

Moments moments(const Tensor& tensor) {
  Moments out;
  const auto n = static_cast<double>(tensor.numel());
  for (const float v : tensor.data<float>()) {
    out.mean += static_cast<double>(v) / n;
    out.deviation += static_cast<double>(v) * static_cast<double>(v) / n;
    out.largest = std::max(out.largest, std::abs(static_cast<double>(v)));
  }
  out.deviation = std::sqrt(out.deviation - out.mean * out.mean);
  return out;
}

TEST(InitParams, UniformFanIn) {
  const NamedTensors params = init_params(network(Init::kUniformFanIn), 1);
  const double bound = 1 / std::sqrt(16.0 * 9);
  const Moments found = moments(params.at("conv.weight"));
  EXPECT_NEAR(found.mean, 0, bound * 0.03);
  EXPECT_NEAR(found.deviation, bound / std::sqrt(3.0), bound * 0.02);
  EXPECT_LE(found.largest, bound);
  EXPECT_GT(found.largest, bound * 0.99);
}

TEST(InitParams, NormalFanOut) {
  const NamedTensors params = init_params(network(Init::kNormalFanOut), 1);
  const double deviation = std::sqrt(2.0 / (64.0 * 9));
  const Moments found = moments(params.at("conv.weight"));
  EXPECT_NEAR(found.mean, 0, deviation * 0.05);
  EXPECT_NEAR(found.deviation, deviation, deviation * 0.03);
  EXPECT_GT(found.largest, 3 * deviation);
}

TEST(InitParams, ConstantsAndCounters) {
  const NamedTensors params = init_params(network(Init::kNormalFanOut), 1);
  EXPECT_EQ(moments(params.at("norm.weight")).mean, 1);
  EXPECT_EQ(moments(params.at("norm.running_var")).deviation, 0);
  EXPECT_EQ(moments(params.at("norm.bias")).largest, 0);
  EXPECT_EQ(moments(params.at("linear.bias")).largest, 0);
  const Tensor& counter = params.at("norm.num_batches_tracked");
  EXPECT_EQ(counter.dtype(), DType::kI64);
  EXPECT_EQ(counter.shape(), Shape{});
  EXPECT_EQ(counter.data<int64_t>()[0], 0);
}

TEST(InitParams, DependOnSeedAndNameAlone) {
  const NamedTensors a = init_params(network(Init::kUniformFanIn), 7);
  const NamedTensors b = init_params(network(Init::kUniformFanIn), 8);
  EXPECT_FALSE(
      std::ranges::equal(a.at("conv.weight").data<float>(), b.at("conv.weight").data<float>()));
  Builder other("other");
  const ValueHandle x = other.input("input", {16, 8, 8});
  other.relu("before", x);
  other.exit(other.mean_hw("mean", other.conv2d("conv", x, {.channels = 64, .kernel = {3, 3}})));
  EXPECT_TRUE(std::ranges::equal(init_params(other.finish(), 7).at("conv.weight").data<float>(),
                                 a.at("conv.weight").data<float>()));
}

}  // namespace
}  // namespace fovea
