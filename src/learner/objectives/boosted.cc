#include <ATen/ops/cross_entropy_loss.h>

#include "learner/objective.h"

namespace fovea {
namespace {

class Boosted final : public Objective {
 public:
  Boosted(std::vector<double> weights, double smoothing)
      : weights_(std::move(weights)), smoothing_(smoothing) {}

  [[nodiscard]] LossParts loss(const std::vector<at::Tensor>& logits,
                               const at::Tensor& labels) const override {
    LossParts parts;
    for (size_t exit = 0; exit < logits.size(); ++exit) {
      at::Tensor sum = logits[exit];
      // Equal to the sum in value; what earlier exits put in is taken as it is.
      if (exit > 0) sum = sum.sub(logits[exit - 1]).add(logits[exit - 1].detach());
      parts.add(at::cross_entropy_loss(sum, labels, {}, at::Reduction::Mean, /*ignore_index=*/-100,
                                       smoothing_),
                weights_[exit]);
    }
    return parts;
  }

 private:
  std::vector<double> weights_;
  double smoothing_;
};

}  // namespace

std::unique_ptr<Objective> make_boosted(const ObjectiveSettings& settings, int n_exits) {
  return std::make_unique<Boosted>(weights_per_exit(settings, n_exits), settings.label_smoothing);
}

}  // namespace fovea
