#include "learner/network.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <numeric>

#include "learner/torch_tensor.h"

namespace fovea {
namespace {

bool selected(const std::string& name, const std::vector<std::string>& prefixes) {
  return prefixes.empty() ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return name.starts_with(prefix); });
}

}  // namespace

void require_params(const Graph& graph, const NamedTensors& params) {
  for (const Param& param : graph.params()) {
    const auto found = params.find(param.name);
    const DType dtype = param.role == ParamRole::kCounter ? DType::kI64 : DType::kF32;
    if (found != params.end() && found->second.shape() == param.shape &&
        found->second.dtype() == dtype) {
      continue;
    }
    throw Error({.kind = ErrorKind::kBadInput,
                 .what = found == params.end() ? "a parameter is missing" : "a parameter differs",
                 .where = param.name,
                 .expected = std::string(dtype_name(dtype)) + " " + param.shape.text(),
                 .found = found == params.end() ? ""
                                                : std::string(dtype_name(found->second.dtype())) +
                                                      " " + found->second.shape().text()});
  }
}

TrainableNetwork::TrainableNetwork(Graph graph, const NamedTensors& params, TrainingMode mode,
                                   const at::Device& device, TrainingPath path)
    : graph_(std::make_unique<const Graph>(std::move(graph))),
      device_(device),
      mode_(std::move(mode)) {
  require_params(*graph_, params);
  int64_t n_trained = 0;
  for (const Param& param : graph_->params()) {
    const bool trained = is_trained(param.role) && selected(param.name, mode_.prefixes);
    trained_.push_back(trained ? 1 : 0);
    if (trained) n_trained += param.shape.numel();
  }
  if (n_trained == 0) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "no parameter would be trained",
                 .where = "trainable",
                 .expected = "prefixes of parameter names, as 'info --tensors' lists them"});
  }
  flat_params_ = at::empty({n_trained}, at::TensorOptions().dtype(at::kFloat).device(device));
  flat_grads_ = at::zeros({n_trained}, flat_params_.options());
  int64_t begin = 0;
  for (size_t i = 0; i < trained_.size(); ++i) {
    const Param& param = graph_->params()[i];
    at::Tensor value = to_torch(params.find(param.name)->second, device);
    if (trained_[i] != 0) {
      const int64_t size = param.shape.numel();
      at::Tensor place = flat_params_.narrow(0, begin, size).view(param.shape.dims());
      place.copy_(value);
      // A leaf of its own on the same memory; backward adds into the gradient that is there.
      value = place.detach().requires_grad_(true);
      value.mutable_grad() = flat_grads_.narrow(0, begin, size).view(param.shape.dims());
      begin += size;
    }
    params_.push_back(std::move(value));
  }
  interpreter_ = std::make_unique<Interpreter>(*graph_, params_);
  if (path == TrainingPath::kFast) fast_ = make_fast_path(*graph_, params_);
  if (mode_.gradients == GradientFlow::kEquilibrium) gradient_scales_ = equilibrium_scales(*graph_);
}

std::vector<at::Tensor> TrainableNetwork::forward(const at::Tensor& input, Phase phase) const {
  const Block& main = graph_->main();
  FOVEA_CHECK(main.inputs.size() == 1);
  if (fast_ != nullptr) return fast_->forward(input, phase);
  const at::AutoGradMode grad(phase == Phase::kTraining);
  Frame frame{.block = &main,
              .values = std::vector<at::Tensor>(main.values.size()),
              .cells = std::vector<int64_t>(static_cast<size_t>(input.size(0)))};
  std::iota(frame.cells.begin(), frame.cells.end(), 0);
  frame.values[static_cast<size_t>(main.inputs[0])] = input;
  for (const Node& node : main.nodes) {
    interpreter_->run_node(
        frame, node,
        {.phase = phase,
         .mode = mode_.mode,
         .peers = phase == Phase::kTraining ? mode_.peers : nullptr,
         .gradient_scales =
             phase == Phase::kTraining && gradient_scales_ ? &*gradient_scales_ : nullptr});
  }
  std::vector<at::Tensor> logits;
  for (int exit = 0; exit < graph_->n_exits(); ++exit) {
    logits.push_back(frame.values[static_cast<size_t>(graph_->exit_logits(exit))]);
  }
  return logits;
}

void TrainableNetwork::backward(const at::Tensor& loss, const std::vector<at::Tensor>& logits) {
  loss.backward();
  if (fast_ != nullptr) fast_->backward(logits);
}

void TrainableNetwork::zero_grads() { flat_grads_.zero_(); }

std::vector<std::pair<std::string, at::Tensor>> TrainableNetwork::untrained() const {
  std::vector<std::pair<std::string, at::Tensor>> out;
  for (size_t i = 0; i < params_.size(); ++i) {
    const Param& param = graph_->params()[i];
    if (trained_[i] == 0 && param.role != ParamRole::kCounter) {
      out.emplace_back(param.name, params_[i]);
    }
  }
  return out;
}

NamedTensors TrainableNetwork::state() const {
  NamedTensors out;
  for (size_t i = 0; i < params_.size(); ++i) {
    out.emplace(graph_->params()[i].name, from_torch(params_[i]));
  }
  return out;
}

NamedTensors TrainableNetwork::grads() const { return unflatten(flat_grads_); }

NamedTensors TrainableNetwork::unflatten(const at::Tensor& flat) const {
  NamedTensors out;
  int64_t begin = 0;
  for (size_t i = 0; i < trained_.size(); ++i) {
    if (trained_[i] == 0) continue;
    const Param& param = graph_->params()[i];
    const int64_t size = param.shape.numel();
    out.emplace(param.name, from_torch(flat.narrow(0, begin, size).view(param.shape.dims())));
    begin += size;
  }
  return out;
}

at::Tensor TrainableNetwork::flatten(const NamedTensors& parts) const {
  at::Tensor flat = at::zeros_like(flat_params_);
  int64_t begin = 0;
  for (size_t i = 0; i < trained_.size(); ++i) {
    if (trained_[i] == 0) continue;
    const Param& param = graph_->params()[i];
    const int64_t size = param.shape.numel();
    const auto part = parts.find(param.name);
    if (part == parts.end() || part->second.numel() != size) {
      throw Error({.kind = ErrorKind::kBadInput,
                   .what = "the optimiser's state does not fit the network",
                   .where = param.name});
    }
    flat.narrow(0, begin, size).copy_(to_torch(part->second, device_).view({size}));
    begin += size;
  }
  return flat;
}

}  // namespace fovea
