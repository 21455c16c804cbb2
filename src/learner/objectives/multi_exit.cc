#include <ATen/ops/cross_entropy_loss.h>

#include "fovea/error.h"
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
      const at::Tensor mean = at::cross_entropy_loss(logits[exit], labels, {}, at::Reduction::Mean,
                                                     /*ignore_index=*/-100, smoothing_);
      parts.per_exit.push_back(mean.detach());
      const at::Tensor part = weights_[exit] == 1 ? mean : mean.mul(weights_[exit]);
      parts.total = parts.total.defined() ? parts.total.add(part) : part;
    }
    return parts;
  }

 private:
  std::vector<double> weights_;
  double smoothing_;
};

}  // namespace

std::unique_ptr<Objective> make_multi_exit(const ObjectiveSettings& settings, int n_exits) {
  std::vector<double> weights = settings.exit_weights;
  if (weights.empty()) weights.assign(static_cast<size_t>(n_exits), 1.0);
  if (weights.size() != static_cast<size_t>(n_exits)) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the objective needs one weight per exit",
                 .where = "objective.exit_weights",
                 .expected = std::to_string(n_exits),
                 .found = std::to_string(weights.size())});
  }
  return std::make_unique<MultiExit>(std::move(weights), settings.label_smoothing);
}

}  // namespace fovea
