// What a build with the learner adds to the program: filled by src/trainer, empty in `fovea`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "data/core/pack.h"
#include "data/core/picture.h"
#include "data/core/transform.h"
#include "fovea/error.h"
#include "fovea/executor.h"
#include "fovea/graph.h"
#include "fovea/overwrite.h"
#include "fovea/tensor.h"

namespace fovea::app {

/// How the learner runs a network.
struct LearnerOptions {
  std::vector<std::string> taps;  ///< values of the main block that are reported
  int threads = 1;
};

/// Which packs of an earlier call serve again.
enum class PackReuse : uint8_t {
  kNone,     ///< all are made anew
  kCurrent,  ///< those of a source that has not changed since, and that are not damaged
  kAny,      ///< whatever is there: another process of this run has just seen to it
};

/// A split that training needs as a pack.
struct PackRequest {
  std::string name;  ///< NAME|FOLDER|TAR|PACK
  std::string split;
  std::string folder;  ///< a pack that has to be made goes there
  int side = 0;        ///< pictures of pixels get side x side
  PackForm form = PackForm::kPixels;
  OnBroken on_broken = OnBroken::kStop;
  PackReuse reuse = PackReuse::kCurrent;
};

/// `fovea train`, as the command line says it.
struct TrainArguments {
  std::string recipe;      ///< a TOML file
  std::string run_folder;  ///< where checkpoints, metrics and the model go
  enum class Resume : uint8_t { kNo, kYes };
  Resume resume = Resume::kNo;
  std::optional<int64_t> stop_after_steps;
  std::optional<uint64_t> seed;
  std::vector<std::pair<std::string, std::string>> settings;  ///< key = value of the recipe
  std::string init_model;                                     ///< a model file, or empty
  std::string device = "cpu";  ///< cpu, cuda or cuda:N; cuda: each process of a machine another one
  int threads = 1;
  /// Whether `threads` were asked for, for this process, or are all that a machine's processes have
  /// together; then a resumed run keeps the number that it had.
  enum class ThreadsOf : uint8_t { kProcess, kMachine };
  ThreadsOf threads_of = ThreadsOf::kProcess;
  Overwrite overwrite = Overwrite::kRefuse;
  /// Receives a line of progress, without its end. Never empty.
  std::function<void(std::string_view)> note;
  /// Gives the path of such a pack, which is made first where there is none.
  std::function<Result<std::string>(const PackRequest& request)> pack;
  PictureDecoder decoder;  ///< for packs of encoded files; empty in a build without codecs
};

/// What a training run ended with.
struct TrainOutcome {
  int64_t steps = 0;
  int64_t epochs = 0;
  enum class End : uint8_t { kFinished, kStopped };
  End end = End::kFinished;
  std::string model;                  ///< the model file written, or empty
  std::vector<double> top1_per_exit;  ///< per cent on the validation data; may be empty
  /// Of several processes that train together one reports; the others print nothing.
  enum class Reports : uint8_t { kHere, kElsewhere };
  Reports reports = Reports::kHere;
};

/// The slow-down attack, as the command line says it (learner/slowdown.h).
struct SlowdownArguments {
  Normalisation normalise;
  int epsilon = 8;  ///< most change of a value, of 255
  int steps = 20;
  int step_size = 0;  ///< of 255; 0: chosen from the others
  int threads = 1;
};
/// Changes pictures of the network's input size.
using PictureAttack = std::function<std::vector<Picture>(std::span<const Picture> pictures)>;

/// All are null where the learner is not linked.
struct Hooks {
  std::unique_ptr<Executor> (*make_learner)(const Graph& graph, const NamedTensors& params,
                                            const LearnerOptions& options) = nullptr;
  Result<TrainOutcome> (*train)(const TrainArguments& arguments) = nullptr;
  /// Throws Error.
  PictureAttack (*make_slowdown)(const Graph& graph, const NamedTensors& params,
                                 const SlowdownArguments& arguments) = nullptr;
};

}  // namespace fovea::app
