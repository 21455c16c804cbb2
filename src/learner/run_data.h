// The pictures of a training run: what is trained on, what is held out, what is measured at the
// end.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/core/augment.h"
#include "data/core/batches.h"
#include "data/core/loader.h"
#include "learner/peers.h"
#include "learner/training.h"

namespace fovea {

struct RunData {
  HoldOut split;  ///< of the training data
  Batches train;
  std::optional<Batches> val;
  std::optional<Batches> test;
};

/// The recipe's hold-out and augmentation on the task's data, for a network of side x side
/// pictures. Throws Error (kUsage) where data and network have different numbers of classes or
/// sizes, or nothing is left to train on; (kBadInput) where the classes of what judges are not
/// those of the training data.
[[nodiscard]] RunData run_data(const TrainingTask& task, int32_t side);

/// The rest of an epoch, from a step on.
struct EpochRest {
  uint64_t seed = 0;
  int64_t epoch = 0;
  int64_t step = 0;
  int64_t batch = 1;
  /// Every process loads all of a batch, since its pictures are blended with each other.
  bool whole = false;
};

/// What this process loads for each step: its part of the batch, or all of it. `n` pictures are
/// trained on.
[[nodiscard]] BatchPlaces places_of(const EpochRest& rest, int64_t n, Peers& peers);

}  // namespace fovea
