// Top-1 accuracy of every exit over a data set.
#pragma once

#include <cstdint>
#include <vector>

#include "data/core/batches.h"
#include "learner/network.h"

namespace fovea {

/// How many rows each exit classifies right.
[[nodiscard]] std::vector<double> n_correct(const std::vector<at::Tensor>& logits,
                                            const at::Tensor& labels);

/// Per cent for each exit, by running statistics and without augmentation.
[[nodiscard]] std::vector<double> top1_per_exit(const TrainableNetwork& network,
                                                const Batches& batches, int64_t batch);

}  // namespace fovea
