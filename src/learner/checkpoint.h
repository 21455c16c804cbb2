// Everything that a training run needs to go on exactly where it stopped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fovea/error.h"
#include "fovea/tensor.h"
#include "learner/batch_report.h"

namespace fovea {

/// Sums over the samples of an epoch so far.
struct EpochSums {
  int64_t samples = 0;
  double loss = 0;
  std::vector<double> loss_per_exit;
  std::vector<double> correct_per_exit;

  void add(const BatchReport& report);
};

/// Where training stands; counts are of what is done.
struct Progress {
  int64_t stage = 0;
  int64_t epoch = 0;        ///< whole epochs over all stages
  int64_t stage_epoch = 0;  ///< whole epochs of this stage
  int64_t step = 0;         ///< steps of the epoch that has begun
  int64_t total_steps = 0;
  double best_top1 = -1;  ///< per cent, of the last exit on the held-out pictures
  double seconds = 0;     ///< of training, over all calls
  EpochSums sums;
  std::vector<double> first_losses;      ///< of the first 50 steps
  std::vector<std::string> epoch_lines;  ///< JSON, one for each epoch
};

/// The model file whose weights a run began with.
struct InitModel {
  std::string file;    ///< its name, without folders
  std::string sha256;  ///< of its bytes
  bool operator==(const InitModel&) const = default;
};

struct Checkpoint {
  NamedTensors params;
  NamedTensors momentum;   ///< empty before the first step
  NamedTensors average;    ///< of the weights (EMA); empty where the stage has none
  NamedTensors weighting;  ///< of learned sample weights; empty where the stage has none
  Progress progress;
  std::string recipe;       ///< resolved
  std::string data_digest;  ///< what the data's pack says of its content
  /// The same of what judges; empty in checkpoints that do not say.
  std::string judging_digest;
  std::optional<InitModel> init;
  /// Of each process; the bits depend on it. Nothing in files that do not say it.
  std::optional<int> threads;
};

/// Writes beside and renames: where it fails (a full disk), the old file stays.
[[nodiscard]] Status save_checkpoint(const std::string& path, const Checkpoint& checkpoint);
/// Errors (kBadInput) name the file.
[[nodiscard]] Result<Checkpoint> load_checkpoint(const std::string& path);
/// The same from bytes in memory; `source` names them in messages.
[[nodiscard]] Result<Checkpoint> parse_checkpoint(std::span<const std::byte> file,
                                                  std::string_view source);

}  // namespace fovea
