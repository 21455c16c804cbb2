// The files of one training run: recipe.toml, metrics.jsonl (and the same as CSV and TensorBoard
// events), split.safetensors, checkpoints, model.fovea.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "data/core/augment.h"
#include "fovea/error.h"
#include "fovea/overwrite.h"

namespace fovea {

/// Paths and the metrics log. Not thread-safe.
class RunFolder {
 public:
  explicit RunFolder(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string recipe() const { return path_ + "/recipe.toml"; }
  [[nodiscard]] std::string metrics() const { return path_ + "/metrics.jsonl"; }
  [[nodiscard]] std::string table() const { return path_ + "/metrics.csv"; }
  [[nodiscard]] std::string events() const { return path_ + "/events.out.tfevents.0.fovea"; }
  [[nodiscard]] std::string last() const { return path_ + "/last.safetensors"; }
  [[nodiscard]] std::string best() const { return path_ + "/best.safetensors"; }
  [[nodiscard]] std::string split() const { return path_ + "/split.safetensors"; }
  [[nodiscard]] std::string model() const { return path_ + "/model.fovea"; }

  /// An error where begin() would refuse (kCannotWrite), and where there is no checkpoint for a run
  /// that is to be resumed (kBadInput).
  [[nodiscard]] Status check_free(Overwrite overwrite) const;
  [[nodiscard]] Status check_resumable() const;
  /// Makes the folder and starts an empty log. Errors: kCannotWrite, also where a run is there
  /// already and `overwrite` refuses.
  [[nodiscard]] Status begin(Overwrite overwrite) const;
  /// Drops what the log says of steps behind `total_steps`, so that it goes on without a seam.
  [[nodiscard]] Status go_on(int64_t total_steps) const;
  /// Appends one line to the log, the table and the events.
  [[nodiscard]] Status log(std::string_view line) const;

 private:
  /// Writes log, table and events anew from the lines of a log.
  [[nodiscard]] Status rewrite(const std::string& lines) const;

  std::string path_;
};

/// Writes which samples of the training data a run trains on and which it holds out: tensors
/// `train` and `val`, I64 [n], indices in the order of the permutation (a held-out set of its own:
/// both whole). Errors: kCannotWrite.
[[nodiscard]] Status save_split(const std::string& path, const HoldOut& split);
/// An error (kBadInput) where the file says another division than `split`, or is missing.
[[nodiscard]] Status check_split(const std::string& path, const HoldOut& split);

}  // namespace fovea
