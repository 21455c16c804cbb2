#include "learner/training_step.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <thread>

#include "learner/accuracy.h"
#include "learner/fast_path.h"
#include "learner/overflow.h"
#include "learner/weighting_step.h"

namespace fovea {
namespace {

Mode mode_of(const std::string& name) {
  if (name == "masked") return Mode::kMasked;
  return name == "compact" ? Mode::kCompact : Mode::kSoft;
}

GradientFlow flow_of(const Stage& stage) {
  return stage.gradients == "equilibrium" ? GradientFlow::kEquilibrium : GradientFlow::kPlain;
}

/// Why the fast path cannot carry the stage out, or nothing.
std::optional<std::string> obstacle_of(const Graph& graph, const Stage& stage,
                                       const at::Device& device, const NormScope& norm) {
  if (!device.is_cpu()) return "the device " + device.str();
  if (flow_of(stage) != GradientFlow::kPlain)
    return "stage.gradients = \"" + stage.gradients + "\"";
  if (auto obstacle = norm_obstacle(norm)) return obstacle;
  return fast_path_obstacle(graph);
}

TrainingPath chosen_path(PathChoice choice, const Graph& graph, const Stage& stage,
                         const at::Device& device, const NormScope& norm) {
  if (choice == PathChoice::kEager) return TrainingPath::kEager;
  const std::optional<std::string> obstacle = obstacle_of(graph, stage, device, norm);
  if (!obstacle) return TrainingPath::kFast;
  if (choice == PathChoice::kAuto) return TrainingPath::kEager;
  throw Error({.kind = ErrorKind::kUsage,
               .what = "the fast path cannot train this network",
               .where = "run.path",
               .found = *obstacle,
               .hint = "auto or eager"});
}

void add_to(BatchReport& sum, const BatchReport& part) {
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

std::string path_obstacle(const Graph& graph, const Stage& stage, const at::Device& device,
                          const NormScope& norm) {
  return obstacle_of(graph, stage, device, norm).value_or("");
}

void check_stage(const Graph& graph, const Stage& stage, const at::Device& device,
                 PathChoice choice, const NormScope& norm) {
  check_objective(stage.objective, graph);
  check_norm(norm, graph, stage);
  (void)chosen_path(choice, graph, stage, device, norm);
}

StageTrainer::StageTrainer(const Graph& graph, const NamedTensors& params, const Stage& stage,
                           const at::Device& device, int threads, PathChoice choice,
                           const NormScope& norm)
    : path_(chosen_path(choice, graph, stage, device, norm)),
      mode_{.mode = mode_of(stage.mode),
            .prefixes = stage.trainable,
            .gradients = flow_of(stage),
            .peers = norm.peers},
      objective_(make_objective(stage.objective, graph.n_exits())),
      sgd_(stage.optimizer),
      weighting_settings_(stage.weighting) {
  const bool whole = norm.over == NormScope::Over::kBatch || !device.is_cpu();
  const int n = whole ? 1 : std::max(1, threads);
  for (int i = 0; i < n; ++i) {
    replicas_.push_back(std::make_unique<TrainableNetwork>(graph, params, mode_, device, path_));
  }
  if (stage.ema_decay > 0) average_.emplace(network(), stage.ema_decay);
  if (stage.weighting.kind == "learned") {
    weighting_ = std::make_unique<Weighting>(stage.weighting, graph.n_exits());
  }
}

std::unique_ptr<TrainableNetwork> StageTrainer::copy_of(const NamedTensors& params,
                                                        const TrainingMode& mode) const {
  const TrainableNetwork& original = *replicas_[0];
  return std::make_unique<TrainableNetwork>(original.graph(), params, mode, original.device(),
                                            path_);
}

/// Gradients of share·loss, so that those of all parts add up to the batch's.
BatchReport StageTrainer::part_gradients(TrainableNetwork& replica, const at::Tensor& values,
                                         const at::Tensor& targets, double share) const {
  const at::Tensor x = values.to(replica.device());
  const at::Tensor y = targets.to(replica.device());
  const std::vector<at::Tensor> logits = replica.forward(x, Phase::kTraining);
  const std::vector<at::Tensor> losses = objective_->losses(logits, y);
  at::Tensor sample_weights;
  if (weighting_) sample_weights = weighting_->weights(at::stack(losses, 1));
  const LossParts loss = objective_->combine(losses, sample_weights);
  replica.zero_grads();
  replica.backward(share == 1 ? loss.total : loss.total.mul(share), logits);
  BatchReport report{.samples = y.size(0),
                     .loss = share * loss.total.item<double>(),
                     .correct_per_exit = n_correct(logits, y)};
  for (const at::Tensor& part : loss.per_exit) {
    report.loss_per_exit.push_back(share * part.item<double>());
  }
  return report;
}

BatchReport StageTrainer::gradients(const at::Tensor& values, const at::Tensor& targets,
                                    double share) {
  const int64_t n = targets.size(0);
  // A part of one sample could not be normalised.
  const int64_t n_parts = std::clamp<int64_t>(n / 2, 1, static_cast<int64_t>(replicas_.size()));
  std::vector<BatchReport> reports(static_cast<size_t>(n_parts));
  std::vector<std::exception_ptr> failures(reports.size());
  const auto run = [&](int64_t part) {
    const int64_t begin = n * part / n_parts;
    const int64_t count = n * (part + 1) / n_parts - begin;
    try {
      reports[static_cast<size_t>(part)] =
          part_gradients(*replicas_[static_cast<size_t>(part)], values.narrow(0, begin, count),
                         targets.narrow(0, begin, count),
                         share * static_cast<double>(count) / static_cast<double>(n));
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
  BatchReport sum = reports[0];
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
  if (average_) average_->update(network());
}

NamedTensors StageTrainer::result() const {
  NamedTensors out = replicas_[0]->state();
  if (!average_) return out;
  for (auto& [name, tensor] : average_->state(*replicas_[0])) out[name] = std::move(tensor);
  return out;
}

std::vector<double> StageTrainer::top1(const Batches& batches, int64_t batch) const {
  if (!average_) return top1_per_exit(*replicas_[0], batches, batch);
  return top1_per_exit(*copy_of(result(), {.mode = mode_.mode}), batches, batch);
}

std::string StageTrainer::overflow(const BatchReport& report, const at::Tensor& values) {
  if (!std::isfinite(report.loss)) return first_overflow(network(), values, mode_.mode);
  // The sum is finite in all but hopeless cases, and costs one pass.
  if (std::isfinite(network().flat_grads().sum().item<double>())) return {};
  return first_gradient_overflow(network());
}

void StageTrainer::learn_weights(const at::Tensor& values, const at::Tensor& targets, double rate,
                                 int64_t step) {
  const int64_t n = targets.size(0);
  // Half a batch of one sample could not be normalised.
  if (!weighting_ || step % weighting_settings_.every != 0 || n < 4) return;
  const at::Device& device = network().device();
  std::array<LabelledValues, 2> halves;
  for (int64_t i = 0; i < 2; ++i) {
    const int64_t begin = n * i / 2;
    const int64_t count = n * (i + 1) / 2 - begin;
    halves[static_cast<size_t>(i)] = {values.narrow(0, begin, count).to(device),
                                      targets.narrow(0, begin, count).to(device)};
  }
  const size_t n_threads = std::min<size_t>(2, replicas_.size());
  TrainingMode plain = mode_;
  plain.gradients = GradientFlow::kPlain;
  while (scratch_.size() < n_threads) scratch_.push_back(copy_of(network().state(), plain));
  std::array<WeightGradients, 2> results;
  std::array<std::exception_ptr, 2> failures;
  const auto run = [&](size_t i) {
    try {
      results[i] = weight_gradients(*scratch_[i % n_threads], network().flat_params().detach(),
                                    *objective_, *weighting_, halves[i], halves[1 - i],
                                    {.rate = rate, .target = weighting_settings_.target});
    } catch (...) {
      failures[i] = std::current_exception();
    }
  };
  {
    std::jthread other;
    if (n_threads > 1) other = std::jthread(run, 1);
    run(0);
    if (n_threads == 1) run(1);
  }
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  for (const WeightGradients& result : results) weighting_->backward(result.losses, result.grads);
  weighting_->step();
}

StageState StageTrainer::state() const {
  StageState out;
  if (sgd_.buffer().defined()) out.momentum = replicas_[0]->unflatten(sgd_.buffer());
  if (average_) out.average = average_->state(*replicas_[0]);
  if (weighting_) out.weighting = weighting_->state();
  return out;
}

void StageTrainer::set_state(const StageState& state, int64_t steps) {
  if (!state.momentum.empty()) sgd_.set_buffer(replicas_[0]->flatten(state.momentum));
  if (average_ && !state.average.empty()) average_->set(*replicas_[0], state.average, steps);
  if (weighting_ && !state.weighting.empty()) weighting_->set_state(state.weighting);
}

}  // namespace fovea
