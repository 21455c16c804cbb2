#include "learner/training_step.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <exception>
#include <thread>

#include "learner/accuracy.h"
#include "learner/fast_path.h"

namespace fovea {
namespace {

Mode mode_of(const std::string& name) {
  if (name == "masked") return Mode::kMasked;
  return name == "compact" ? Mode::kCompact : Mode::kSoft;
}

TrainingPath chosen_path(PathChoice choice, const Graph& graph, const at::Device& device) {
  if (choice == PathChoice::kEager) return TrainingPath::kEager;
  const std::optional<std::string> obstacle =
      device.is_cpu() ? fast_path_obstacle(graph) : "the device " + device.str();
  if (!obstacle) return TrainingPath::kFast;
  if (choice == PathChoice::kAuto) return TrainingPath::kEager;
  throw Error({.kind = ErrorKind::kUsage,
               .what = "the fast path cannot train this network",
               .where = "run.path",
               .found = *obstacle,
               .hint = "auto or eager"});
}

void add_to(StepReport& sum, const StepReport& part) {
  sum.samples += part.samples;
  sum.loss += part.loss;
  for (size_t e = 0; e < part.loss_per_exit.size(); ++e) {
    sum.loss_per_exit[e] += part.loss_per_exit[e];
    sum.correct_per_exit[e] += part.correct_per_exit[e];
  }
}

}  // namespace

PathChoice path_choice(std::string_view name) {
  if (name == "eager") return PathChoice::kEager;
  return name == "fast" ? PathChoice::kFast : PathChoice::kAuto;
}

std::string path_name(TrainingPath path) { return path == TrainingPath::kFast ? "fast" : "eager"; }

StageTrainer::StageTrainer(const Graph& graph, const NamedTensors& params, const Stage& stage,
                           const at::Device& device, int threads, PathChoice choice)
    : path_(chosen_path(choice, graph, device)),
      objective_(make_objective(stage.objective, graph.n_exits())),
      sgd_(stage.optimizer) {
  const int n = device.is_cpu() ? std::max(1, threads) : 1;
  for (int i = 0; i < n; ++i) {
    replicas_.push_back(std::make_unique<TrainableNetwork>(
        graph, params, TrainingMode{.mode = mode_of(stage.mode), .prefixes = stage.trainable},
        device, path_));
  }
}

/// Gradients of share·loss, so that those of all parts add up to the batch's.
StepReport StageTrainer::part_gradients(TrainableNetwork& replica, const at::Tensor& values,
                                        const at::Tensor& labels, double share) const {
  const at::Tensor x = values.to(replica.device());
  const at::Tensor y = labels.to(replica.device());
  const std::vector<at::Tensor> logits = replica.forward(x, Phase::kTraining);
  const LossParts loss = objective_->loss(logits, y);
  replica.zero_grads();
  replica.backward(share == 1 ? loss.total : loss.total.mul(share), logits);
  StepReport report{.samples = y.size(0),
                    .loss = share * loss.total.item<double>(),
                    .correct_per_exit = n_correct(logits, y)};
  for (const at::Tensor& part : loss.per_exit) {
    report.loss_per_exit.push_back(share * part.item<double>());
  }
  return report;
}

StepReport StageTrainer::gradients(const at::Tensor& values, const at::Tensor& labels) {
  const int64_t n = labels.size(0);
  // A part of one sample could not be normalised.
  const int64_t n_parts = std::clamp<int64_t>(n / 2, 1, static_cast<int64_t>(replicas_.size()));
  std::vector<StepReport> reports(static_cast<size_t>(n_parts));
  std::vector<std::exception_ptr> failures(reports.size());
  const auto run = [&](int64_t part) {
    const int64_t begin = n * part / n_parts;
    const int64_t count = n * (part + 1) / n_parts - begin;
    try {
      reports[static_cast<size_t>(part)] = part_gradients(
          *replicas_[static_cast<size_t>(part)], values.narrow(0, begin, count),
          labels.narrow(0, begin, count), static_cast<double>(count) / static_cast<double>(n));
    } catch (...) {
      failures[static_cast<size_t>(part)] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (int64_t part = 1; part < n_parts; ++part) threads.emplace_back(run, part);
    run(0);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  StepReport sum = reports[0];
  for (size_t part = 1; part < reports.size(); ++part) {
    network().flat_grads().add_(replicas_[part]->flat_grads());
    add_to(sum, reports[part]);
  }
  return sum;
}

void StageTrainer::update(double rate) {
  sgd_.step(network().flat_params(), network().flat_grads(), rate);
  const at::AutoGradMode grad(false);
  for (size_t i = 1; i < replicas_.size(); ++i) {
    replicas_[i]->flat_params().copy_(network().flat_params());
  }
}

NamedTensors StageTrainer::momentum() const {
  return sgd_.buffer().defined() ? replicas_[0]->unflatten(sgd_.buffer()) : NamedTensors{};
}

void StageTrainer::set_momentum(const NamedTensors& momentum) {
  if (!momentum.empty()) sgd_.set_buffer(replicas_[0]->flatten(momentum));
}

}  // namespace fovea
