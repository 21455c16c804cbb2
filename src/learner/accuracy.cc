#include "learner/accuracy.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>

namespace fovea {

std::vector<double> n_correct(const std::vector<at::Tensor>& logits, const at::Tensor& targets) {
  const at::Tensor labels = targets.dim() == 2 ? targets.argmax(1) : targets;
  std::vector<double> out;
  out.reserve(logits.size());
  for (const at::Tensor& exit : logits) {
    out.push_back(exit.detach().argmax(1).eq(labels).sum().item<double>());
  }
  return out;
}

std::vector<double> correct_per_exit(const TrainableNetwork& network, const Batches& batches,
                                     int64_t batch, const BatchSlice& slice) {
  std::vector<double> sums(static_cast<size_t>(network.graph().n_exits()), 0.0);
  const Shape& shape = network.graph().main().value(network.graph().main().inputs[0]).type.shape;
  std::vector<int64_t> places;
  for (int64_t begin = slice.first * batch; begin < batches.size(); begin += slice.every * batch) {
    places.resize(static_cast<size_t>(std::min(batch, batches.size() - begin)));
    std::iota(places.begin(), places.end(), begin);
    const auto count = static_cast<int64_t>(places.size());
    const at::Tensor values = at::empty({count, shape[0], shape[1], shape[2]});
    const at::Tensor labels = at::empty({count}, at::kLong);
    batches.fill(places, 0, values.data_ptr<float>(), labels.data_ptr<int64_t>());
    const std::vector<double> right =
        n_correct(network.forward(values.to(network.device()), Phase::kInference),
                  labels.to(network.device()));
    for (size_t exit = 0; exit < sums.size(); ++exit) sums[exit] += right[exit];
  }
  return sums;
}

std::vector<double> top1_per_exit(const TrainableNetwork& network, const Batches& batches,
                                  int64_t batch) {
  std::vector<double> sums = correct_per_exit(network, batches, batch);
  for (double& sum : sums)
    sum = 100.0 * sum / static_cast<double>(std::max<int64_t>(1, batches.size()));
  return sums;
}

}  // namespace fovea
