// A training run from a recipe to a model file; free of LibTorch.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/core/dataset.h"
#include "data/core/transform.h"
#include "fovea/graph.h"
#include "fovea/overwrite.h"
#include "learner/checkpoint.h"
#include "learner/recipe.h"

namespace fovea {

class Collective;

/// What is trained on what.
struct TrainingTask {
  Recipe recipe;
  Graph graph;
  NamedTensors params;  ///< where training starts
  /// The file that they were read from; nothing: random numbers.
  std::optional<InitModel> init;
  Transform transform;         ///< normalisation of training, and what the model file says
  DatasetPtr train;            ///< pictures that lie in memory, of the network's size
  DatasetPtr val;              ///< null: held out of `train`
  DatasetPtr test;             ///< null: not measured
  std::string data_digest;     ///< of what is trained on
  std::string judging_digest;  ///< of `val` and `test`
};

enum class Resume : uint8_t { kNo, kYes };

struct TrainingOptions {
  std::string run_folder;
  Resume resume = Resume::kNo;
  Overwrite overwrite = Overwrite::kRefuse;
  std::optional<int64_t> stop_after_steps;  ///< of this call
  int threads = 1;
  /// A resumed run takes up a number that was asked for; else it keeps the one it had, and so its
  /// bits. Notes say where the numbers differ.
  enum class ThreadsBy : uint8_t { kRequest, kDefault };
  ThreadsBy threads_by = ThreadsBy::kRequest;
  std::string device = "cpu";  ///< LibTorch's name
  /// The processes that train together, each with the same task; null: this one alone. Only rank 0
  /// touches the run folder and gives notes.
  Collective* collective = nullptr;
  /// Set by whoever wants the run to end; a checkpoint is written and Error (kInterrupted) thrown.
  const std::atomic<bool>* interrupted = nullptr;
  std::function<void(std::string_view)> note;  ///< progress, a line a call; may be empty
};

enum class TrainingEnd : uint8_t { kFinished, kStopped };

struct TrainingResult {
  TrainingEnd end = TrainingEnd::kFinished;
  int64_t steps = 0;
  int64_t epochs = 0;
  std::string model;              ///< the file, where finished and written by this process
  std::vector<double> val_top1;   ///< per cent per exit
  std::vector<double> test_top1;  ///< of the stored file; empty where not measured
};

/// What can be refused before there is data: stages that network or device cannot do, a run that is
/// there already or that is not there to be resumed. Errors are thrown as train() throws them.
void check_run(const Recipe& recipe, const Graph& graph, const TrainingOptions& options);

/// Trains. The same task, number of threads and number of processes give the same weights, resumed
/// or not.
///
/// Errors (thrown): kUsage and kBadInput where task and data do not fit or the run to be resumed is
/// another one; kCheckFailed where the loss is no longer finite, or another process is lost or
/// ended (its rank is named; the last checkpoint stays); kCannotWrite (the checkpoint before
/// stays); kInterrupted.
TrainingResult train(const TrainingTask& task, const TrainingOptions& options);

}  // namespace fovea
