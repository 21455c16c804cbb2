// Accuracy and cost on corrupted pictures: of a policy, of a cap, and of a budget controller.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/core/corrupt.h"
#include "data/core/dataset.h"
#include "data/core/transform.h"
#include "eval/executed.h"
#include "eval/policy_stream.h"

namespace fovea {

/// What is compared. All are judged on the same recorded scores.
struct ShiftPlan {
  Policy policy;
  std::optional<int64_t> max_macs;  ///< the same policy under this cap
  /// Makes the controller of one stream; empty: none.
  std::function<BudgetController()> controller;
  int64_t batch = 64;  ///< samples of a run and of a step of the controller
  uint64_t seed = 0;   ///< of the noise
  /// Called with the pictures done and their total over all corruptions; may be empty.
  std::function<void(int64_t done, int64_t total)> progress;
};

/// What a stream of pictures gave.
struct ShiftRow {
  std::optional<Corruption> corruption;  ///< nothing: as they are
  AdaptiveReport last;                   ///< everybody at the last exit
  AdaptiveReport policy;
  std::optional<AdaptiveReport> cap;
  std::optional<AdaptiveReport> control;  ///< a fresh controller
};

struct ShiftReport {
  std::optional<int64_t> max_macs;  ///< the cap of the plan
  std::vector<ShiftRow> rows;       ///< as they are, then every kind at every strength
  /// All rows one after the other as one stream: the kind changes while the controller runs.
  ShiftRow sequence;
};

/// Runs every exit on every picture at every corruption, once each.
/// Errors: those of the executor and the data; kUsage for a policy that scores cannot judge, or a
/// cap below the first exit.
[[nodiscard]] Result<ShiftReport> measure_shift(Executor& executor, const DatasetPtr& data,
                                                const Transform& transform,
                                                const std::string& input, const ShiftPlan& plan);

}  // namespace fovea
