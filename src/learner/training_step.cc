#include "learner/training_step.h"

#include "learner/accuracy.h"

namespace fovea {
namespace {

Mode mode_of(const std::string& name) {
  if (name == "masked") return Mode::kMasked;
  return name == "compact" ? Mode::kCompact : Mode::kSoft;
}

}  // namespace

StageTrainer::StageTrainer(const Graph& graph, const NamedTensors& params, const Stage& stage,
                           const at::Device& device)
    : network_(graph, params, {.mode = mode_of(stage.mode), .prefixes = stage.trainable}, device),
      objective_(make_objective(stage.objective, graph.n_exits())),
      sgd_(stage.optimizer) {}

StepReport StageTrainer::gradients(const at::Tensor& values, const at::Tensor& labels) {
  const at::Tensor x = values.to(network_.device());
  const at::Tensor y = labels.to(network_.device());
  const std::vector<at::Tensor> logits = network_.forward(x, Phase::kTraining);
  const LossParts loss = objective_->loss(logits, y);
  network_.zero_grads();
  loss.total.backward();
  StepReport report{.samples = y.size(0),
                    .loss = loss.total.item<double>(),
                    .correct_per_exit = n_correct(logits, y)};
  for (const at::Tensor& part : loss.per_exit) report.loss_per_exit.push_back(part.item<double>());
  return report;
}

void StageTrainer::update(double rate) {
  sgd_.step(network_.flat_params(), network_.flat_grads(), rate);
}

NamedTensors StageTrainer::momentum() const {
  return sgd_.buffer().defined() ? network_.unflatten(sgd_.buffer()) : NamedTensors{};
}

void StageTrainer::set_momentum(const NamedTensors& momentum) {
  if (!momentum.empty()) sgd_.set_buffer(network_.flatten(momentum));
}

}  // namespace fovea
