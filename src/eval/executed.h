// What a policy gives: by running it, or in hindsight from recorded scores.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "calibrate/scores.h"
#include "eval/full_pass.h"
#include "eval/input_source.h"
#include "eval/ledger.h"
#include "eval/policy_stream.h"
#include "fovea/error.h"
#include "fovea/executor.h"
#include "fovea/policy.h"

namespace fovea {

/// A policy on a data set.
struct AdaptiveReport {
  int64_t n = 0;
  std::optional<double> top1;    ///< per cent of the samples whose class is known
  double mean_macs = 0;          ///< multiply-adds per sample
  std::optional<double> ms;      ///< mean wall time per sample, loading and transforms included
  std::optional<double> run_ms;  ///< of that, the executor's runs
  std::optional<Ledger> ledger;  ///< where the pass was asked to keep one
  std::vector<int64_t> counts;   ///< samples that left at each exit
  std::vector<int> exits;        ///< per sample
  std::vector<int64_t> answers;  ///< per sample, first maximum of the logits
  std::optional<ControlReport> control;  ///< where the caller let a controller choose
};

/// Runs the policy; multiply-adds are those that the kernels counted.
[[nodiscard]] Result<AdaptiveReport> evaluate_executed(Executor& executor,
                                                       const InputSource& source,
                                                       const Policy& policy,
                                                       const PassOptions& options = {});

/// The same with a policy that may change from batch to batch (of options.batch samples).
[[nodiscard]] Result<AdaptiveReport> evaluate_executed(Executor& executor,
                                                       const InputSource& source,
                                                       PolicyStream& policies,
                                                       const PassOptions& options = {});

/// Errors (kUsage): a deadline, or rules for other decision points, which scores cannot answer.
[[nodiscard]] Status check_judgeable(const Policy& policy);

/// What evaluate_executed gives, from recorded scores: nothing is run and there are no times.
/// Multiply-adds are derived from the graph for the exits that the policy asks; a route counts its
/// dearest choice. Errors: check_judgeable.
[[nodiscard]] Result<AdaptiveReport> evaluate_hindsight(const Scores& scores, const Graph& graph,
                                                        const Policy& policy);

/// What the samples said at every exit, and their classes (-1 where one is not known).
struct RecordedExits {
  ExitTable table;
  std::vector<int64_t> labels;
};

/// The same in batches, with a policy that may change between them.
[[nodiscard]] Result<AdaptiveReport> evaluate_hindsight(const RecordedExits& recorded,
                                                        const Graph& graph, PolicyStream& policies,
                                                        int64_t batch);

}  // namespace fovea
