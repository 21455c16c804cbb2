#include "learner/weighting.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>

#include "base/noise.h"
#include "fovea/error.h"
#include "learner/torch_tensor.h"

namespace fovea {
namespace {

constexpr double kMeanDecay = 0.9;
constexpr double kVarianceDecay = 0.999;
constexpr double kEpsilon = 1e-8;
constexpr const char* kSteps = "steps";

/// Uniform in ±reach.
Tensor drawn(const Shape& shape, std::string_view name, double reach) {
  Tensor out = Tensor::f32(shape);
  const Noise noise(0, name);
  for (int64_t i = 0; i < out.numel(); ++i) {
    out.f()[i] = static_cast<float>(reach * (2 * noise.uniform(static_cast<uint64_t>(i)) - 1));
  }
  return out;
}

}  // namespace

Weighting::Weighting(const WeightingSettings& settings, int n_exits) : settings_(settings) {
  const auto add = [&](const std::string& name, const Shape& shape, double reach) {
    const at::Tensor value = to_torch(drawn(shape, "weighting." + name, reach));
    parts_.push_back({name, at::Tensor(value).requires_grad_(true), at::zeros_like(value),
                      at::zeros_like(value)});
    parts_.back().value.mutable_grad() = at::zeros_like(value);
  };
  const double reach = 1 / std::sqrt(static_cast<double>(n_exits));
  add("0.weight", {settings.hidden, n_exits}, reach);
  add("0.bias", {settings.hidden}, reach);
  add("1.weight", {n_exits, settings.hidden}, 0);
  add("1.bias", {n_exits}, 0);
}

at::Tensor Weighting::forward(const at::Tensor& losses) const {
  const at::Tensor hidden = at::relu(at::linear(losses, part(0), part(1)));
  const at::Tensor value = at::tanh(at::linear(hidden, part(2), part(3)));
  return value.sub(value.mean()).mul(settings_.reach).add(1);
}

at::Tensor Weighting::weights(const at::Tensor& losses) const {
  const at::AutoGradMode grad(false);
  return forward(losses.detach().to(at::kCPU)).to(losses.device());
}

void Weighting::backward(const at::Tensor& losses, const at::Tensor& weight_grads) {
  const at::AutoGradMode grad(true);
  forward(losses.detach().to(at::kCPU)).mul(weight_grads.to(at::kCPU)).sum().backward();
}

void Weighting::step() {
  const at::AutoGradMode grad(false);
  const auto t = static_cast<double>(++steps_);
  const double rate = settings_.rate / (1 - std::pow(kMeanDecay, t));
  const double variance_scale = 1 / (1 - std::pow(kVarianceDecay, t));
  for (Part& each : parts_) {
    at::Tensor& gradient = each.value.mutable_grad();
    each.mean.mul_(kMeanDecay).add_(gradient, 1 - kMeanDecay);
    each.variance.mul_(kVarianceDecay).addcmul_(gradient, gradient, 1 - kVarianceDecay);
    each.value.addcdiv_(each.mean, each.variance.mul(variance_scale).sqrt().add(kEpsilon), -rate);
    gradient.zero_();
  }
}

NamedTensors Weighting::state() const {
  NamedTensors out;
  for (const Part& each : parts_) {
    out.emplace(each.name, from_torch(each.value));
    out.emplace(each.name + ".mean", from_torch(each.mean));
    out.emplace(each.name + ".variance", from_torch(each.variance));
  }
  Tensor steps = Tensor::i64({1});
  steps.data<int64_t>()[0] = steps_;
  out.emplace(kSteps, std::move(steps));
  return out;
}

void Weighting::set_state(const NamedTensors& state) {
  const at::AutoGradMode grad(false);
  const auto found = [&](const std::string& name, const Shape& shape,
                         DType dtype) -> const Tensor& {
    const auto at = state.find(name);
    if (at != state.end() && at->second.shape() == shape && at->second.dtype() == dtype) {
      return at->second;
    }
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = "the state of the sample weights does not fit the recipe",
                 .where = "weighting." + name});
  };
  for (Part& each : parts_) {
    const Shape shape(each.value.sizes().vec());
    each.value.copy_(to_torch(found(each.name, shape, DType::kF32)));
    each.mean = to_torch(found(each.name + ".mean", shape, DType::kF32));
    each.variance = to_torch(found(each.name + ".variance", shape, DType::kF32));
  }
  steps_ = found(kSteps, {1}, DType::kI64).data<int64_t>()[0];
}

}  // namespace fovea
