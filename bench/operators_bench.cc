// Operators of the runtime at the shapes of RANet, MSDNet and their like, one thread.
//
// Each case is a network around one node called `it`; what is reported is the time of that step of
// the plan, per batch, with what the plan fused behind it. GFLOP/s counts two operations per
// multiply-add. usage: operators_bench [--benchmark_filter=REGEX]
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/noise.h"
#include "fovea/plan.h"
#include "fovea/session.h"
#include "graph/init.h"
#include "ops/builder.h"

namespace fovea {
namespace {

constexpr std::string_view kMeasured = "it";

/// A node at work: input shape, and how the node is appended.
struct Case {
  std::string name;
  Shape input;
  std::function<ValueHandle(Builder&, ValueHandle)> node;
};

Case conv(std::string name, Shape input, const Conv2d& attributes) {
  return {.name = std::move(name),
          .input = std::move(input),
          .node = [attributes](Builder& b, ValueHandle x) {
            return b.relu("act", b.batch_norm("norm", b.conv2d(kMeasured, x, attributes)));
          }};
}

Conv2d square(int64_t channels, int64_t kernel, int64_t stride = 1) {
  const int64_t pad = kernel / 2;
  return {.channels = channels,
          .kernel = {kernel, kernel},
          .stride = {stride, stride},
          .pad = {pad, pad, pad, pad}};
}

std::vector<Case> cases() {
  std::vector<Case> out;
  // Thin: what RANet is made of.
  out.push_back(conv("conv3x3/5to5@32", {5, 32, 32}, square(5, 3)));
  out.push_back(conv("conv3x3/12to6@32", {12, 32, 32}, square(6, 3)));
  out.push_back(conv("conv3x3/6to6@8", {6, 8, 8}, square(6, 3)));
  out.push_back(conv("conv3x3/2to1@16", {2, 16, 16}, square(1, 3)));
  out.push_back(conv("conv3x3s2/24to12@16", {24, 16, 16}, square(12, 3, 2)));
  out.push_back(conv("conv1x1/64to5@32", {64, 32, 32}, square(5, 1)));
  out.push_back(conv("conv1x1/96to24@16", {96, 16, 16}, square(24, 1)));
  // Middling: MSDNet.
  out.push_back(conv("conv3x3/24to6@32", {24, 32, 32}, square(6, 3)));
  out.push_back(conv("conv3x3/96to24@8", {96, 8, 8}, square(24, 3)));
  // Wide: ResNet.
  out.push_back(conv("conv3x3/64to64@32", {64, 32, 32}, square(64, 3)));
  out.push_back(conv("conv1x1/256to64@14", {256, 14, 14}, square(64, 1)));
  Conv2d depthwise = square(144, 3);
  depthwise.groups = 144;
  out.push_back(conv("depthwise3x3/144@28", {144, 28, 28}, depthwise));
  out.push_back({.name = "max_pool2d/64@32", .input = {64, 32, 32}, .node = [](auto& b, auto x) {
                   return b.max_pool2d(kMeasured, x, {});
                 }});
  out.push_back({.name = "resize/16@16to32", .input = {16, 16, 16}, .node = [](auto& b, auto x) {
                   return b.resize(kMeasured, x, {.size = {32, 32}});
                 }});
  out.push_back({.name = "mean_hw/64@8", .input = {64, 8, 8}, .node = [](auto& b, auto x) {
                   return b.mean_hw(kMeasured, x);
                 }});
  out.push_back({.name = "linear/400to100", .input = {400}, .node = [](auto& b, auto x) {
                   return b.linear(kMeasured, x, {.features = 100});
                 }});
  return out;
}

Graph network_of(const Case& each) {
  Builder b(each.name);
  ValueHandle x = each.node(b, b.input("input", each.input));
  if (b.shape(x).rank() == 3) x = b.mean_hw("pooled", x);
  b.exit(b.linear("head", x, {.features = 2}));
  return b.finish();
}

void run(benchmark::State& state, const Case& each) {
  const int64_t batch = state.range(0);
  const Graph graph = network_of(each);
  const auto plan = Plan::make(graph, init_params(graph, 1));
  const PlanReport report = plan->report();
  const auto step = std::find_if(report.steps.begin(), report.steps.end(), [](const auto& s) {
    return std::string_view(s.name).starts_with(kMeasured);
  });
  if (step == report.steps.end()) {
    state.SkipWithError("the plan has no step of its own for the node");
    return;
  }
  const auto index = static_cast<size_t>(step - report.steps.begin());

  Session session(plan, {.threads = 1, .profile = Profile::kSteps});
  Tensor input = Tensor::f32(each.input.batched(batch));
  NoiseCursor noise(Noise(1, each.name));
  for (float& value : input.data<float>()) value = static_cast<float>(2 * noise.uniform() - 1);
  const NamedTensors inputs{{"input", input}};
  Outputs outputs;
  session.run(inputs, {}, outputs).value();
  (void)session.take_step_ms();
  for (auto iteration : state) {
    (void)iteration;
    session.run(inputs, {}, outputs).value();
    state.SetIterationTime(session.take_step_ms()[index] * 1e-3);
  }
  state.SetLabel(step->kernel);
  state.SetItemsProcessed(state.iterations() * batch);
  if (step->macs > 0) {
    state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(step->macs * batch),
                                                   benchmark::Counter::kIsIterationInvariantRate);
  }
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  for (const fovea::Case& each : fovea::cases()) {
    benchmark::RegisterBenchmark(each.name.c_str(),
                                 [each](benchmark::State& state) { fovea::run(state, each); })
        ->Arg(1)
        ->Arg(16)
        ->UseManualTime()
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
