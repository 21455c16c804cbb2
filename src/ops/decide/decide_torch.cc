#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>

#include <cmath>

#include "ops/decide/decide.h"
#include "ops/facet_torch.h"

namespace fovea {
namespace {

/// Scores of a metric by operations that autograd follows; score_of() is the same in numbers.
at::Tensor differentiable_score(Metric metric, const at::Tensor& rows) {
  const int64_t c = rows.size(1);
  switch (metric) {
    case Metric::kIdentity:
      return rows.select(1, 0);
    case Metric::kMaxSoftmax:
      return std::get<0>(at::softmax(rows, 1).max(1));
    case Metric::kMargin: {
      if (c < 2) return rows.select(1, 0).mul(0).add(1);
      const at::Tensor top = std::get<0>(at::softmax(rows, 1).topk(2, 1));
      return top.select(1, 0).sub(top.select(1, 1));
    }
    case Metric::kNegEntropy: {
      if (c < 2) return rows.select(1, 0).mul(0).add(1);
      const at::Tensor logs = at::log_softmax(rows, 1);
      return logs.exp().mul(logs).sum(1).div(std::log(static_cast<double>(c))).add(1);
    }
  }
  return {};
}

void run(TorchCall& call) {
  const auto& a = call.node.attributes<Decide>();
  const DecisionAnswer none;
  const DecisionAnswer& answer = call.answer == nullptr ? none : *call.answer;
  const float threshold = answer.threshold.value_or(static_cast<float>(a.threshold));
  if (call.mode == Mode::kSoft) {
    if (a.rule == DecisionRule::kArgmax) {
      call.out[0] = at::softmax(call.in[0], 1);
    } else {
      const at::Tensor p =
          at::sigmoid(differentiable_score(a.metric, call.in[0]).sub(threshold)).unsqueeze(1);
      call.out[0] = at::cat({p.neg().add(1), p}, 1);
    }
    return;
  }
  // Hard choices are made by the code that every executor shares.
  const at::Tensor scores = call.in[0].detach().to(at::kCPU).contiguous();
  const auto width = static_cast<size_t>(scores.size(1));
  const at::Tensor choices = at::empty({call.n}, at::kLong);
  for (int64_t i = 0; i < call.n; ++i) {
    const std::span<const float> row{scores.data_ptr<float>() + static_cast<size_t>(i) * width,
                                     width};
    int64_t choice = decide_choice(a, row, threshold);
    if (answer.force) choice = *answer.force;
    if (!answer.replay.empty()) choice = answer.replay[static_cast<size_t>(i)];
    choices.data_ptr<int64_t>()[i] = choice;
  }
  call.out[0] = choices;
}

}  // namespace

TorchOp torch_decide() { return {run}; }

}  // namespace fovea
