#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/kl_div.h>
#include <ATen/ops/log_softmax.h>

#include "learner/objective.h"

namespace fovea {
namespace {

class Distillation final : public Objective {
 public:
  Distillation(std::vector<double> weights, const ObjectiveSettings& settings)
      : weights_(std::move(weights)),
        smoothing_(settings.label_smoothing),
        share_(settings.distillation),
        temperature_(settings.temperature) {}

  [[nodiscard]] LossParts loss(const std::vector<at::Tensor>& logits,
                               const at::Tensor& labels) const override {
    const at::Tensor teacher = at::log_softmax(logits.back().detach().div(temperature_), 1);
    LossParts parts;
    for (size_t exit = 0; exit < logits.size(); ++exit) {
      at::Tensor mean = at::cross_entropy_loss(logits[exit], labels, {}, at::Reduction::Mean,
                                               /*ignore_index=*/-100, smoothing_);
      if (exit + 1 < logits.size()) {
        const at::Tensor student = at::log_softmax(logits[exit].div(temperature_), 1);
        // The sum over classes, averaged over samples.
        const at::Tensor apart =
            at::kl_div(student, teacher, at::Reduction::Sum, /*log_target=*/true)
                .div(static_cast<double>(labels.size(0)));
        mean = mean.mul(1 - share_).add(apart, share_ * temperature_ * temperature_);
      }
      parts.add(mean, weights_[exit]);
    }
    return parts;
  }

 private:
  std::vector<double> weights_;
  double smoothing_;
  double share_;
  double temperature_;
};

}  // namespace

std::unique_ptr<Objective> make_distillation(const ObjectiveSettings& settings, int n_exits) {
  return std::make_unique<Distillation>(weights_per_exit(settings, n_exits), settings);
}

}  // namespace fovea
