#include <ATen/ops/kl_div.h>
#include <ATen/ops/log_softmax.h>

#include "learner/objective.h"

namespace fovea {
namespace {

class Distillation final : public Objective {
 public:
  Distillation(std::vector<double> weights, const ObjectiveSettings& settings)
      : Objective(std::move(weights)),
        smoothing_(settings.label_smoothing),
        share_(settings.distillation),
        temperature_(settings.temperature) {}

  [[nodiscard]] std::vector<at::Tensor> losses(const std::vector<at::Tensor>& logits,
                                               const at::Tensor& targets) const override {
    const at::Tensor teacher = at::log_softmax(logits.back().detach().div(temperature_), 1);
    std::vector<at::Tensor> out;
    for (size_t exit = 0; exit < logits.size(); ++exit) {
      at::Tensor loss = cross_entropy(logits[exit], targets, smoothing_);
      if (exit + 1 < logits.size()) {
        const at::Tensor student = at::log_softmax(logits[exit].div(temperature_), 1);
        const at::Tensor apart =
            at::kl_div(student, teacher, at::Reduction::None, /*log_target=*/true).sum(1);
        loss = loss.mul(1 - share_).add(apart, share_ * temperature_ * temperature_);
      }
      out.push_back(loss);
    }
    return out;
  }

 private:
  double smoothing_;
  double share_;
  double temperature_;
};

}  // namespace

std::unique_ptr<Objective> make_distillation(const ObjectiveSettings& settings, int n_exits) {
  return std::make_unique<Distillation>(weights_per_exit(settings, n_exits), settings);
}

}  // namespace fovea
