// Top-1 accuracy of every exit over a data set.
#pragma once

#include <cstdint>
#include <vector>

#include "data/core/batches.h"
#include "learner/network.h"

namespace fovea {

/// How many rows each exit classifies right; `targets` are labels I64 [N], or shares of classes
/// F32 [N,C], of which the largest is right.
[[nodiscard]] std::vector<double> n_correct(const std::vector<at::Tensor>& logits,
                                            const at::Tensor& targets);

/// Every n-th batch of a data set, from the first-th on: what one of n processes measures.
struct BatchSlice {
  int64_t first = 0;
  int64_t every = 1;
};
/// How many pictures of the slice each exit classifies right, by running statistics and without
/// augmentation.
[[nodiscard]] std::vector<double> correct_per_exit(const TrainableNetwork& network,
                                                   const Batches& batches, int64_t batch,
                                                   const BatchSlice& slice = {});
/// The same of all pictures in per cent.
[[nodiscard]] std::vector<double> top1_per_exit(const TrainableNetwork& network,
                                                const Batches& batches, int64_t batch);

}  // namespace fovea
