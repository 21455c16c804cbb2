#include "learner/fast_path.h"

#include <ATen/ops/empty.h>

#include "fast_training/network.h"

namespace fovea {
namespace {

class PlannedPath final : public FastPath {
 public:
  PlannedPath(const Graph& graph, const std::vector<at::Tensor>& params)
      : graph_(graph), network_(graph, buffers(graph, params)) {}

  std::vector<at::Tensor> forward(const at::Tensor& input, Phase phase) override {
    const at::Tensor values = input.contiguous();
    std::vector<at::Tensor> logits;
    std::vector<float*> rows;
    for (int exit = 0; exit < graph_.n_exits(); ++exit) {
      const Shape& shape = graph_.main().value(graph_.exit_logits(exit)).type.shape;
      logits.push_back(at::empty({values.size(0), shape[0]}));
      rows.push_back(logits.back().data_ptr<float>());
    }
    const bool training = phase == Phase::kTraining;
    network_.forward(values.data_ptr<float>(), values.size(0),
                     training ? fast::Pass::kTraining : fast::Pass::kInference, rows);
    for (at::Tensor& exit : logits) exit.requires_grad_(training);
    return logits;
  }

  void backward(const std::vector<at::Tensor>& logits) override {
    std::vector<at::Tensor> grads;
    std::vector<const float*> rows;
    for (const at::Tensor& exit : logits) {
      grads.push_back(exit.grad().defined() ? exit.grad().contiguous() : at::Tensor());
      rows.push_back(grads.back().defined() ? grads.back().data_ptr<float>() : nullptr);
    }
    network_.backward(rows);
  }

 private:
  static std::vector<fast::ParamBuffer> buffers(const Graph& graph,
                                                const std::vector<at::Tensor>& params) {
    std::vector<fast::ParamBuffer> out;
    for (size_t i = 0; i < params.size(); ++i) {
      const at::Tensor& param = params[i];
      fast::ParamBuffer buffer;
      if (graph.params()[i].role == ParamRole::kCounter) {
        buffer.counter = param.data_ptr<int64_t>();
      } else {
        buffer.value = param.data_ptr<float>();
        if (param.grad().defined()) buffer.grad = param.grad().data_ptr<float>();
      }
      out.push_back(buffer);
    }
    return out;
  }

  const Graph& graph_;
  fast::Network network_;
};

}  // namespace

std::optional<std::string> fast_path_obstacle(const Graph& graph) { return fast::obstacle(graph); }

std::unique_ptr<FastPath> make_fast_path(const Graph& graph,
                                         const std::vector<at::Tensor>& params) {
  return std::make_unique<PlannedPath>(graph, params);
}

}  // namespace fovea
