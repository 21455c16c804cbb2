#include "learner/weighting_step.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fovea {
namespace {

/// Weights that differ along a direction by this share of a unit: small against curvature, large
/// against rounding of the logits.
constexpr double kStepLength = 0.01;

void move_to(TrainableNetwork& network, const at::Tensor& weights) {
  const at::AutoGradMode grad(false);
  network.flat_params().copy_(weights);
}

std::vector<at::Tensor> logits_at(TrainableNetwork& network, const at::Tensor& weights,
                                  const at::Tensor& values) {
  move_to(network, weights);
  std::vector<at::Tensor> out;
  for (const at::Tensor& exit : network.forward(values, Phase::kTraining)) {
    out.push_back(exit.detach());
  }
  return out;
}

/// How fast every sample's loss at every exit [N, exits] changes when logits change at `speeds`; of
/// the gradients that the objective lets through.
at::Tensor loss_speeds(const Objective& objective, const std::vector<at::Tensor>& logits,
                       const std::vector<at::Tensor>& speeds, const at::Tensor& targets) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& exit : logits) leaves.push_back(exit.detach().requires_grad_(true));
  std::vector<at::Tensor> out;
  for (const at::Tensor& loss : objective.losses(leaves, targets)) {
    for (at::Tensor& leaf : leaves) leaf.mutable_grad() = at::Tensor();
    loss.sum().backward({}, /*retain_graph=*/true);
    at::Tensor speed = at::zeros_like(loss.detach());
    for (size_t i = 0; i < leaves.size(); ++i) {
      if (leaves[i].grad().defined()) speed = speed.add(leaves[i].grad().mul(speeds[i]).sum(1));
    }
    out.push_back(speed);
  }
  return at::stack(out, 1);
}

at::Tensor meta_loss(const std::vector<at::Tensor>& logits, const at::Tensor& targets,
                     double target) {
  const std::vector<int> places = exit_places(logits, target);
  const auto n = static_cast<int64_t>(places.size());
  at::Tensor sum;
  for (size_t exit = 0; exit < logits.size(); ++exit) {
    const auto count = std::count(places.begin(), places.end(), static_cast<int>(exit));
    if (count == 0) continue;
    const at::Tensor share = at::zeros({n});
    for (int64_t i = 0; i < n; ++i) {
      if (places[static_cast<size_t>(i)] == static_cast<int>(exit)) {
        share.data_ptr<float>()[i] = 1.0F / static_cast<float>(count);
      }
    }
    const at::Tensor part =
        cross_entropy(logits[exit], targets, 0).mul(share.to(logits[exit].device())).sum();
    sum = sum.defined() ? sum.add(part) : part;
  }
  return sum;
}

}  // namespace

std::vector<int> exit_places(const std::vector<at::Tensor>& logits, double target) {
  const int64_t n = logits[0].size(0);
  std::vector<double> shares;
  for (size_t exit = 0; exit < logits.size(); ++exit) {
    shares.push_back(std::pow(target, static_cast<double>(exit)));
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<int> places(static_cast<size_t>(n), static_cast<int>(logits.size()) - 1);
  std::vector<int64_t> left(static_cast<size_t>(n));
  std::iota(left.begin(), left.end(), 0);
  for (size_t exit = 0; exit + 1 < logits.size(); ++exit) {
    const at::Tensor best = std::get<0>(at::softmax(logits[exit].detach(), 1).max(1)).to(at::kCPU);
    // What is no number is not confident.
    const auto score = [&](int64_t i) {
      const float value = best.data_ptr<float>()[i];
      return std::isfinite(value) ? value : -1.0F;
    };
    std::stable_sort(left.begin(), left.end(),
                     [&](int64_t a, int64_t b) { return score(a) > score(b); });
    const auto quota = std::min(
        left.size(), static_cast<size_t>(std::lround(static_cast<double>(n) * shares[exit] / sum)));
    for (size_t i = 0; i < quota; ++i) {
      places[static_cast<size_t>(left[i])] = static_cast<int>(exit);
    }
    left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(quota));
  }
  return places;
}

WeightGradients weight_gradients(TrainableNetwork& scratch, const at::Tensor& start,
                                 const Objective& objective, const Weighting& weighting,
                                 const LabelledValues& half, const LabelledValues& judge,
                                 MetaSettings meta) {
  move_to(scratch, start);
  scratch.zero_grads();
  std::vector<at::Tensor> logits = scratch.forward(half.values, Phase::kTraining);
  const std::vector<at::Tensor> losses = objective.losses(logits, half.targets);
  WeightGradients out{.losses = at::stack(losses, 1).detach()};
  scratch.backward(objective.combine(losses, weighting.weights(out.losses)).total, logits);
  std::vector<at::Tensor> first;
  for (const at::Tensor& exit : logits) first.push_back(exit.detach());

  move_to(scratch, start.sub(scratch.flat_grads(), meta.rate));
  scratch.zero_grads();
  logits = scratch.forward(judge.values, Phase::kTraining);
  scratch.backward(meta_loss(logits, judge.targets, meta.target), logits);
  const at::Tensor direction = scratch.flat_grads().clone();
  const double length = direction.norm().item<double>();
  if (!(length > 0) || !std::isfinite(length)) {
    out.grads = out.losses.mul(0);
    return out;
  }
  const double step = kStepLength / length;
  std::vector<at::Tensor> speeds = logits_at(scratch, start.add(direction, step), half.values);
  const std::vector<at::Tensor> behind =
      logits_at(scratch, start.sub(direction, step), half.values);
  for (size_t exit = 0; exit < speeds.size(); ++exit) {
    speeds[exit] = speeds[exit].sub(behind[exit]).div(2 * step);
  }
  const auto n = static_cast<double>(half.values.size(0));
  out.grads = loss_speeds(objective, first, speeds, half.targets).mul(-meta.rate / n);
  for (size_t exit = 0; exit < objective.exit_weights().size(); ++exit) {
    out.grads.select(1, static_cast<int64_t>(exit)).mul_(objective.exit_weights()[exit]);
  }
  return out;
}

}  // namespace fovea
