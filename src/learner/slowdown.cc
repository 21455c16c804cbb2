#include "learner/slowdown.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/max.h>
#include <ATen/ops/min.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "graph/cost.h"
#include "learner/network.h"
#include "learner/torch_tensor.h"

namespace fovea {
namespace {

constexpr int kMostValue = 255;
constexpr int kMostSteps = 100'000;

int within(int value, int least, int most, const char* what) {
  if (value >= least && value <= most) return value;
  throw Error({.kind = ErrorKind::kUsage,
               .what = std::string(what) + " of the slow-down attack is out of range",
               .where = "slowdown",
               .expected = std::to_string(least) + " to " + std::to_string(most),
               .found = std::to_string(value)});
}

SlowdownSettings checked(SlowdownSettings settings) {
  within(settings.epsilon, 1, kMostValue, "epsilon");
  within(settings.steps, 1, kMostSteps, "the number of steps");
  if (settings.step_size == 0) {
    settings.step_size =
        std::max(1, static_cast<int>(std::lround(2.5 * settings.epsilon / settings.steps)));
  }
  within(settings.step_size, 1, kMostValue, "the step size");
  return settings;
}

int64_t side_of(const Graph& graph) {
  const Block& main = graph.main();
  if (main.inputs.size() == 1 && graph.n_exits() > 1) {
    const Shape& shape = main.value(main.inputs[0]).type.shape;
    if (shape.rank() == 3 && shape[0] == static_cast<int64_t>(kChannels) && shape[1] == shape[2]) {
      return shape[1];
    }
  }
  throw Error({.kind = ErrorKind::kUsage,
               .what = "the slow-down attack does not fit the network",
               .where = graph.name(),
               .expected = "one input [3,S,S] and at least two exits",
               .found = std::to_string(main.inputs.size()) + " inputs, " +
                        std::to_string(graph.n_exits()) + " exits"});
}

at::Tensor per_channel(const std::array<double, kChannels>& numbers) {
  const at::Tensor out = at::empty({1, static_cast<int64_t>(kChannels), 1, 1}, at::kFloat);
  for (size_t c = 0; c < kChannels; ++c) {
    out.data_ptr<float>()[c] = static_cast<float>(kMostValue * numbers[c]);
  }
  return out;
}

/// [N,3,S,S], whole numbers 0..255.
at::Tensor values_of(std::span<const Picture> pictures, int64_t side) {
  const auto n = static_cast<int64_t>(pictures.size());
  const auto channels = static_cast<int64_t>(kChannels);
  const at::Tensor out = at::empty({n, channels, side, side}, at::kFloat);
  float* value = out.data_ptr<float>();
  for (const Picture& picture : pictures) {
    FOVEA_CHECK(picture.height == side && picture.width == side);
    for (size_t c = 0; c < kChannels; ++c) {
      for (size_t i = c; i < picture.pixels.size(); i += kChannels) {
        *value++ = static_cast<float>(picture.pixels[i]);
      }
    }
  }
  return out;
}

std::vector<Picture> pictures_of(const at::Tensor& values) {
  const at::Tensor planar = values.contiguous();
  const auto side = static_cast<int32_t>(planar.size(2));
  const float* value = planar.data_ptr<float>();
  std::vector<Picture> out;
  for (int64_t n = 0; n < planar.size(0); ++n) {
    Picture& picture = out.emplace_back(side, side);
    for (size_t c = 0; c < kChannels; ++c) {
      for (size_t i = c; i < picture.pixels.size(); i += kChannels) {
        picture.pixels[i] = static_cast<uint8_t>(*value++);
      }
    }
  }
  return out;
}

}  // namespace

SlowdownAttack::SlowdownAttack(const Graph& graph, const NamedTensors& params,
                               const Normalisation& normalisation, const SlowdownSettings& settings)
    : graph_(std::make_unique<const Graph>(graph)),
      mean_(per_channel(normalisation.mean)),
      deviation_(per_channel(normalisation.deviation)),
      settings_(checked(settings)),
      side_(side_of(graph)) {
  require_params(*graph_, params);
  for (const Param& param : graph_->params()) {
    params_.push_back(to_torch(params.find(param.name)->second));
  }
  interpreter_ = std::make_unique<Interpreter>(*graph_, params_);
  std::vector<int> early(static_cast<size_t>(graph_->n_exits() - 1));
  std::iota(early.begin(), early.end(), 0);
  needed_ = needed_by(*graph_, early);
}

at::Tensor SlowdownAttack::losses(const at::Tensor& values, at::Tensor* gradient) const {
  const at::AutoGradMode grad(gradient != nullptr);
  const at::Tensor leaf = values.detach().requires_grad_(gradient != nullptr);
  const Block& main = graph_->main();
  Frame frame{.block = &main,
              .values = std::vector<at::Tensor>(main.values.size()),
              .cells = std::vector<int64_t>(static_cast<size_t>(values.size(0)))};
  std::iota(frame.cells.begin(), frame.cells.end(), 0);
  frame.values[static_cast<size_t>(main.inputs[0])] = leaf.sub(mean_).div(deviation_);
  // Choices are those of inference, normalisation too; what only the last exit needs is not run.
  for (size_t i = 0; i < main.nodes.size(); ++i) {
    if (needed_[i] == 0) continue;
    interpreter_->run_node(frame, main.nodes[i],
                           {.phase = Phase::kInference, .mode = Mode::kCompact});
  }
  at::Tensor loss;
  for (int exit = 0; exit + 1 < graph_->n_exits(); ++exit) {
    const at::Tensor& logits = frame.values[static_cast<size_t>(graph_->exit_logits(exit))];
    const at::Tensor part = at::log_softmax(logits, 1).mean(1).neg();
    loss = loss.defined() ? loss.add(part) : part;
  }
  if (gradient != nullptr) {
    loss.sum().backward();
    *gradient = leaf.grad();
  }
  return loss.detach();
}

std::vector<Picture> SlowdownAttack::run(std::span<const Picture> pictures) const {
  FOVEA_CHECK(!pictures.empty());
  const at::Tensor start = values_of(pictures, side_);
  const at::Tensor least = start.sub(settings_.epsilon).clamp(0, kMostValue);
  const at::Tensor most = start.add(settings_.epsilon).clamp(0, kMostValue);
  at::Tensor values = start;
  at::Tensor best = start;
  at::Tensor best_loss;
  for (int step = 0; step <= settings_.steps; ++step) {
    at::Tensor gradient;
    const bool goes_on = step < settings_.steps;
    const at::Tensor loss = losses(values, goes_on ? &gradient : nullptr);
    if (best_loss.defined()) {
      const at::Tensor better = loss.lt(best_loss);
      best = at::where(better.view({-1, 1, 1, 1}), values, best);
      best_loss = at::min(best_loss, loss);
    } else {
      best_loss = loss;
    }
    if (!goes_on) break;
    values = values.sub(gradient.sign(), settings_.step_size);
    values = at::max(at::min(values, most), least);
  }
  return pictures_of(best);
}

}  // namespace fovea
