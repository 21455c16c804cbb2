// Everything that a report says about one model, before it is drawn.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "calibrate/scores.h"
#include "data/core/picture.h"
#include "eval/anytime.h"
#include "eval/executed.h"
#include "eval/reliability.h"
#include "eval/shift.h"
#include "fovea/policy.h"
#include "graph/cost.h"

namespace fovea::report {

/// What a policy gives on the data.
struct PolicyPoint {
  std::string name;
  Policy policy;
  double macs = 0;           ///< multiply-adds per sample
  int64_t n = 0;             ///< samples whose class is known
  int64_t correct = 0;       ///< of those
  std::optional<double> ms;  ///< per sample, loading included, where it was run: median of rounds
  std::vector<double> rounds_ms;  ///< the same per round; round r of all policies is one sitting
  std::vector<int64_t> counts;
  [[nodiscard]] double top1() const {
    return n == 0 ? 0 : 100.0 * static_cast<double>(correct) / static_cast<double>(n);
  }
};

struct ExitFacts {
  ExitAccuracy accuracy;
  ExitCost cost;
  Reliability reliability;  ///< of all samples
  Reliability reached;      ///< of those that come to this exit under the report's policy
};

/// One step of the plan.
struct LayerFacts {
  std::string name;
  std::string op;
  std::string kernel;
  int exit = 0;     ///< that needs it first
  double macs = 0;  ///< per sample
  double ms = 0;    ///< per sample on one thread; 0 where not measured
};

/// One epoch of training.
struct EpochFacts {
  double epoch = 0;
  double rate = 0;
  double loss = 0;
  std::vector<double> loss_per_exit;
  std::vector<double> train_top1;
  std::vector<double> val_top1;
};

struct TrainingFacts {
  std::string recipe;
  std::string seed;
  int64_t n_train = 0;
  int64_t n_val = 0;
  int64_t n_test = 0;  ///< 0: not tested
  /// Accuracies of the finished model at every exit, per cent; empty where the record has none.
  std::vector<double> val_top1;
  std::vector<double> test_top1;
  std::string source;  ///< where the curves come from
  std::vector<EpochFacts> epochs;
};

/// What was measured on a data set.
struct DataFacts {
  std::string name;     ///< data and split as they were asked for
  std::string extent;   ///< what part of the data this is, or empty where it is all
  std::string remarks;  ///< what else a reader must know of the data, or empty
  Scores scores;
  ExitTable table;
  std::vector<ExitFacts> exits;
  std::vector<PolicyPoint> fixed;       ///< everybody leaves at exit k
  std::vector<PolicyPoint> thresholds;  ///< one threshold for all exits, rising
  std::vector<PolicyPoint> official;    ///< the published rule's points, rising ratios
  bool official_cross_fit = false;   ///< solved on one half of the data, judged on the other, twice
  std::vector<PolicyPoint> stored;   ///< other policies of the model
  std::vector<PolicyPoint> oracle;   ///< first right exit, up to exit k (eval/references.h)
  std::vector<PolicyPoint> random;   ///< a coin with the shares of each of `thresholds`
  PolicyPoint chosen;                ///< the report's policy
  AdaptiveReport adaptive;           ///< its answers on all samples
  Ledger adaptive_ledger;            ///< of running it
  Ledger full_ledger;                ///< of running the last exit alone
  int64_t n_timed = 0;               ///< samples that were run for the times
  std::optional<ShiftReport> shift;  ///< the same policy on corrupted pictures
};

struct ModelFacts {
  std::string name;    ///< of the network
  std::string source;  ///< file
  std::vector<std::string> labels;
  int64_t n_params = 0;
  std::vector<ExitCost> costs;
  std::vector<LayerFacts> layers;
  std::optional<TrainingFacts> training;
  std::optional<DataFacts> data;
};

/// Where and how everything was measured.
struct SetupFacts {
  std::string command;
  std::string date;  ///< with the time of day
  std::string version;
  std::string machine;  ///< processor and cores
  std::string kernels;  ///< instruction set
  std::string executor;
  int threads = 1;
  int64_t batch = 1;
};

/// Pictures of the data by index, as bytes of a PNG; an empty text where there is none.
using PictureSource = std::function<std::string(int64_t index)>;

/// Name of a class.
[[nodiscard]] std::string label_of(const ModelFacts& model, int64_t label);

}  // namespace fovea::report
