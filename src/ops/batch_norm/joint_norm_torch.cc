#include "ops/batch_norm/joint_norm_torch.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm_update_stats.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include <tuple>

#include "ops/batch_norm/batch_norm.h"

namespace fovea {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Moments {
  at::Tensor mean;   ///< F32 [C]
  at::Tensor var;    ///< F32 [C], biased
  double count = 0;  ///< values a channel
};

/// src [N,C,…]. Sums are made in double, where the difference of squares loses nothing that float
/// would keep.
Moments joint_moments(const at::Tensor& src, BatchPeers& peers) {
  const at::NoGradGuard no_grad;
  const int64_t channels = src.size(1);
  const auto [mean, var] = at::batch_norm_update_stats(src, {}, {}, 0);
  const at::Tensor mean64 = mean.to(at::kDouble);
  const at::Tensor square64 = var.to(at::kDouble).add(mean64.square());
  const auto local = static_cast<double>(src.numel() / channels);
  at::Tensor sums = at::cat({mean64, square64, at::full({1}, 1.0, mean64.options())}).mul(local);
  if (!peers.counts()) sums.zero_();
  peers.sum(sums);
  const double count = sums[2 * channels].item<double>();
  const at::Tensor joint_mean = sums.narrow(0, 0, channels).div(count);
  const at::Tensor joint_var =
      sums.narrow(0, channels, channels).div(count).sub(joint_mean.square()).clamp_min(0);
  return {joint_mean.to(at::kFloat), joint_var.to(at::kFloat), count};
}

/// weight · (src - mean) / sqrt(var + eps) + bias.
at::Tensor normalised(const at::Tensor& src, const at::Tensor& weight, const at::Tensor& bias,
                      const at::Tensor& mean, const at::Tensor& var, double eps) {
  return std::get<0>(at::native_batch_norm(src, weight, bias, mean, var, /*training=*/false,
                                           /*momentum=*/0, eps));
}

class JointNorm : public torch::autograd::Function<JointNorm> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& src,
                            const at::Tensor& weight, const at::Tensor& bias,
                            const at::Tensor& mean, const at::Tensor& var, double count, double eps,
                            BatchPeers* peers) {
    context->save_for_backward({src, weight, mean, var});
    context->saved_data["count"] = count;
    context->saved_data["eps"] = eps;
    context->saved_data["peers"] = reinterpret_cast<int64_t>(peers);
    return normalised(src, weight, bias, mean, var, eps);
  }

  /// With y = weight·x̂ + bias and means over all processes' cells:
  /// dsrc = weight/σ · (dy - mean(dy) - x̂·mean(dy·x̂)).
  static variable_list backward(AutogradContext* context, const variable_list& grads) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &src = saved[0], &weight = saved[1], &mean = saved[2], &var = saved[3];
    const double count = context->saved_data["count"].toDouble();
    const double eps = context->saved_data["eps"].toDouble();
    auto* peers = reinterpret_cast<BatchPeers*>(context->saved_data["peers"].toInt());
    // As if mean and variance were constants: weight/σ·dy, sum(dy·x̂), sum(dy).
    auto [grad_src, grad_weight, grad_bias] =
        at::native_batch_norm_backward(grads[0].contiguous(), src, weight, mean, var, {}, {},
                                       /*train=*/false, eps, {true, true, true});
    const int64_t channels = src.size(1);
    at::Tensor sums = at::cat({grad_weight, grad_bias}).to(at::kDouble);
    if (!peers->counts()) sums.zero_();
    peers->sum(sums);
    if (!peers->counts()) {
      // These cells belong to no sample of the batch: nothing may flow on from them, least of all
      // the others' means.
      return {grad_src.zero_(), grad_weight.zero_(), grad_bias.zero_(), {}, {}, {}, {}, {}};
    }
    const at::Tensor scale = weight.div(var.add(eps).sqrt());
    const at::Tensor means = sums.div(count).to(at::kFloat);
    const at::Tensor slope = scale.mul(means.narrow(0, 0, channels));
    const at::Tensor offset = scale.mul(means.narrow(0, channels, channels));
    grad_src.sub_(normalised(src, slope, offset, mean, var, eps));
    return {grad_src, grad_weight, grad_bias, {}, {}, {}, {}, {}};
  }
};

void update_running(const at::Tensor& running, const at::Tensor& now, double momentum) {
  const at::NoGradGuard no_grad;
  running.mul_(1 - momentum).add_(now, momentum);
}

}  // namespace

void joint_batch_norm(TorchCall& call) {
  const auto& a = call.node.attributes<BatchNorm>();
  const at::Tensor src = call.in[0].contiguous();
  const Moments moments = joint_moments(src, *call.peers);
  require(moments.count > 1, call.node, "training normalises over more than one value a channel",
          "a batch of at least 2", "1");
  call.out[0] = JointNorm::apply(src, call.params[0], call.params[1], moments.mean, moments.var,
                                 moments.count, a.eps, call.peers);
  update_running(call.params[2], moments.mean, a.momentum);
  update_running(call.params[3], moments.var.mul(moments.count / (moments.count - 1)), a.momentum);
  call.params[4].add_(1);
}

}  // namespace fovea
