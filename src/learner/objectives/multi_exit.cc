#include <ATen/ops/cross_entropy_loss.h>

#include "learner/objective.h"

namespace fovea {
namespace {

class MultiExit final : public Objective {
 public:
  MultiExit(std::vector<double> weights, double smoothing)
      : weights_(std::move(weights)), smoothing_(smoothing) {}

  [[nodiscard]] LossParts loss(const std::vector<at::Tensor>& logits,
                               const at::Tensor& labels) const override {
    LossParts parts;
    for (size_t exit = 0; exit < logits.size(); ++exit) {
      parts.add(at::cross_entropy_loss(logits[exit], labels, {}, at::Reduction::Mean,
                                       /*ignore_index=*/-100, smoothing_),
                weights_[exit]);
    }
    return parts;
  }

 private:
  std::vector<double> weights_;
  double smoothing_;
};

}  // namespace

std::unique_ptr<Objective> make_multi_exit(const ObjectiveSettings& settings, int n_exits) {
  return std::make_unique<MultiExit>(weights_per_exit(settings, n_exits), settings.label_smoothing);
}

}  // namespace fovea
