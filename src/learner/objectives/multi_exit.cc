#include "learner/objective.h"

namespace fovea {
namespace {

class MultiExit final : public Objective {
 public:
  MultiExit(std::vector<double> weights, double smoothing)
      : Objective(std::move(weights)), smoothing_(smoothing) {}

  [[nodiscard]] std::vector<at::Tensor> losses(const std::vector<at::Tensor>& logits,
                                               const at::Tensor& targets) const override {
    std::vector<at::Tensor> out;
    for (const at::Tensor& exit : logits) out.push_back(cross_entropy(exit, targets, smoothing_));
    return out;
  }

 private:
  double smoothing_;
};

}  // namespace

std::unique_ptr<Objective> make_multi_exit(const ObjectiveSettings& settings, int n_exits) {
  return std::make_unique<MultiExit>(weights_per_exit(settings, n_exits), settings.label_smoothing);
}

}  // namespace fovea
