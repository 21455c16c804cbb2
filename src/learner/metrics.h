// What a training run says: lines of metrics.jsonl, notes for people, the record in the model file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "learner/batch_report.h"
#include "learner/checkpoint.h"

namespace fovea {

/// {"kind":"step","epoch","step","lr","loss","loss_per_exit","top1_per_exit","images_per_s"} of the
/// batch; "step" counts from the start of the run.
[[nodiscard]] std::string step_line(const Progress& progress, const BatchReport& report,
                                    double rate, double images_per_s);
/// The same of a whole epoch in training, with "kind":"epoch" and "val_top1_per_exit".
[[nodiscard]] std::string epoch_line(const Progress& progress, const std::vector<double>& val_top1,
                                     double rate, double images_per_s);

struct ProgressFacts {
  int64_t epochs = 0;
  int64_t steps_per_epoch = 0;
  int64_t batch = 0;
  double rate = 0;
  double images_per_s = 0;
};
/// "epoch 3/20 step 120/704 loss 4.31 …, 52 min left".
[[nodiscard]] std::string progress_line(const Progress& progress, const ProgressFacts& facts);
[[nodiscard]] std::string epoch_note(const Progress& progress, const std::vector<double>& val_top1,
                                     double images_per_s);

struct RecordFacts {
  std::string recipe;
  uint64_t seed = 0;
  int threads = 1;    ///< of each process
  int processes = 1;  ///< that trained together
  std::string device;
  std::string path;             ///< of the last stage: fast or eager
  std::string instruction_set;  ///< of the processor that finished the run
  std::string data_digest;
  std::optional<InitModel> init;
  int64_t n_train = 0;
  int64_t n_val = 0;
  int64_t n_test = 0;
  std::vector<double> val_top1;   ///< of the stored file
  std::vector<double> test_top1;  ///< of the stored file
};
/// A learning rate with four digits, however small.
[[nodiscard]] std::string rate_text(double rate);
/// "epoch E, step S" of the step that is being done; both count from 1, as in the lines above.
[[nodiscard]] std::string place_in_training(const Progress& progress);

/// The training record of a model file as JSON.
[[nodiscard]] std::string record_json(const RecordFacts& facts, const Progress& progress);

}  // namespace fovea
