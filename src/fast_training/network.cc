#include "fast_training/network.h"

#include <algorithm>

#include "fast_training/backward_plan.h"
#include "fast_training/memory.h"
#include "graph/op_def.h"

namespace fovea::fast {
namespace {

/// The activation that alone reads the value of a batch_norm, or null.
const Node* activation_behind(const Block& block, const Layout& layout, const Node& node) {
  if (layout.n_readers(node.outputs[0]) != 1) return nullptr;
  for (const Node& other : block.nodes) {
    if (other.inputs.empty() || other.inputs[0] != node.outputs[0]) continue;
    return other.op->name == "relu" || other.op->name == "relu6" ? &other : nullptr;
  }
  return nullptr;
}

Curve curve_of(const Node& node) { return node.op->name == "relu6" ? Curve::kRelu6 : Curve::kRelu; }

std::vector<std::unique_ptr<Step>> make_steps(const Graph& graph, Layout& layout,
                                              const std::vector<ParamBuffer>& params, int lanes) {
  const Block& main = graph.main();
  std::vector<std::unique_ptr<Step>> steps;
  std::vector<const Node*> fused;
  for (const Node& node : main.nodes) {
    const std::string_view op = node.op->name;
    const StepMaker maker{graph, node, layout, params, lanes};
    if (op == "exit" || Layout::is_view(main, node)) continue;
    if (op == "conv2d" || op == "linear") {
      steps.push_back(make_conv_step(maker));
    } else if (op == "batch_norm") {
      const Node* next = activation_behind(main, layout, node);
      if (next != nullptr) fused.push_back(next);
      steps.push_back(make_norm_step(maker, next == nullptr ? Curve::kNone : curve_of(*next),
                                     (next == nullptr ? node : *next).outputs[0]));
    } else if (op == "relu" || op == "relu6") {
      if (std::find(fused.begin(), fused.end(), &node) != fused.end()) continue;
      steps.push_back(make_curve_step(maker, curve_of(node)));
    } else if (op == "add") {
      steps.push_back(make_add_step(maker));
    } else if (op == "concat") {
      steps.push_back(make_concat_step(maker));
    } else if (op == "slice" || op == "flatten") {
      steps.push_back(make_part_step(maker));
    } else if (op == "max_pool2d") {
      steps.push_back(make_maximum_step(maker));
    } else {
      steps.push_back(make_linear_map_step(maker));
    }
  }
  return steps;
}

const Graph& require_possible(const Graph& graph) {
  const auto problem = obstacle(graph);
  if (problem) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "the fast path cannot train this network",
                 .where = graph.name(),
                 .found = *problem,
                 .hint = "run.path = \"eager\""});
  }
  return graph;
}

}  // namespace

class Network::Impl {
 public:
  Impl(const Graph& graph, std::vector<ParamBuffer> params, std::string_view isa)
      : graph_(require_possible(graph)),
        params_(std::move(params)),
        kernels_{conv_kernels(cpu::find_isa(isa)), map_kernels(cpu::find_isa(isa))},
        layout_(graph),
        steps_(make_steps(graph, layout_, params_, kernels_.conv.lanes)),
        backward_(graph, layout_, params_, steps_) {}

  void forward(const float* input, int64_t n, Pass pass, std::span<float* const> logits) {
    require_memory(n);
    const Block& main = graph_.main();
    load(input, n, memory_->value(main.inputs[0]));
    const StepContext context = context_of(pass);
    for (const std::unique_ptr<Step>& step : steps_) step->forward(context);
    for (size_t exit = 0; exit < logits.size(); ++exit) {
      store(memory_->value(graph_.exit_logits(static_cast<int>(exit))), logits[exit]);
    }
  }

  void backward(std::span<const float* const> logit_grads) {
    const StepContext context = context_of(Pass::kTraining);
    backward_.run(context, logit_grads);
  }

  [[nodiscard]] int64_t bytes() const { return memory_ ? memory_->bytes() : 0; }

 private:
  [[nodiscard]] StepContext context_of(Pass pass) const {
    return {.kernels = kernels_,
            .samples = samples_,
            .memory = *memory_,
            .pass = pass,
            .scratch = scratch_.data()};
  }

  void require_memory(int64_t n) {
    FOVEA_CHECK(n > 0);
    const int lanes = kernels_.conv.lanes;
    const int64_t groups = (n + lanes - 1) / lanes;
    if (memory_ == nullptr || memory_->groups() != groups) {
      memory_ = std::make_unique<BatchMemory>(layout_, backward_.lifetimes(), groups, lanes);
      int64_t scratch = 0;
      for (const auto& step : steps_) scratch = std::max(scratch, step->scratch_floats(groups));
      scratch_ = Floats(scratch);
      valid_ = Floats(groups * lanes);
    }
    for (int64_t i = 0; i < groups * lanes; ++i) valid_.data()[i] = i < n ? 1.0F : 0.0F;
    samples_ = {.n = n, .groups = groups, .lanes = lanes, .valid = valid_.data()};
  }

  /// Lanes that are no samples repeat the first one.
  void load(const float* input, int64_t n, const Maps& maps) const {
    const int lanes = samples_.lanes;
    const int64_t pixels = maps.h * maps.w;
    for (int64_t g = 0; g < samples_.groups; ++g) {
      for (int64_t lane = 0; lane < lanes; ++lane) {
        const int64_t sample = g * lanes + lane;
        const float* src = input + (sample < n ? sample : 0) * maps.c * pixels;
        for (int64_t c = 0; c < maps.c; ++c) {
          float* dst = maps.data + g * maps.group + c * maps.plane + lane;
          for (int64_t p = 0; p < pixels; ++p) dst[p * lanes] = src[c * pixels + p];
        }
      }
    }
  }

  void store(const Maps& maps, float* rows) const {
    for (int64_t i = 0; i < samples_.n; ++i) {
      const float* src = maps.data + i / samples_.lanes * maps.group + i % samples_.lanes;
      for (int64_t c = 0; c < maps.c; ++c) rows[i * maps.c + c] = src[c * maps.plane];
    }
  }

  const Graph& graph_;
  std::vector<ParamBuffer> params_;
  Kernels kernels_;
  Layout layout_;
  std::vector<std::unique_ptr<Step>> steps_;
  BackwardPlan backward_;
  std::unique_ptr<BatchMemory> memory_;
  Floats scratch_;
  Floats valid_;
  Samples samples_;
};

Network::Network(const Graph& graph, std::vector<ParamBuffer> params, std::string_view isa)
    : impl_(std::make_unique<Impl>(graph, std::move(params), isa)) {}
Network::~Network() = default;

void Network::forward(const float* input, int64_t n, Pass pass, std::span<float* const> logits) {
  impl_->forward(input, n, pass, logits);
}
void Network::backward(std::span<const float* const> logit_grads) { impl_->backward(logit_grads); }
int64_t Network::bytes() const { return impl_->bytes(); }

}  // namespace fovea::fast
