#include "learner/objective.h"

namespace fovea {
namespace {

class Boosted final : public Objective {
 public:
  Boosted(std::vector<double> weights, double smoothing)
      : Objective(std::move(weights)), smoothing_(smoothing) {}

  [[nodiscard]] std::vector<at::Tensor> losses(const std::vector<at::Tensor>& logits,
                                               const at::Tensor& targets) const override {
    std::vector<at::Tensor> out;
    for (size_t exit = 0; exit < logits.size(); ++exit) {
      at::Tensor sum = logits[exit];
      // Equal to the sum in value; what earlier exits put in is taken as it is.
      if (exit > 0) sum = sum.sub(logits[exit - 1]).add(logits[exit - 1].detach());
      out.push_back(cross_entropy(sum, targets, smoothing_));
    }
    return out;
  }

 private:
  double smoothing_;
};

}  // namespace

std::unique_ptr<Objective> make_boosted(const ObjectiveSettings& settings, int n_exits) {
  return std::make_unique<Boosted>(weights_per_exit(settings, n_exits), settings.label_smoothing);
}

}  // namespace fovea
