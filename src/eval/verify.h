// Does leaving early give exactly the answers, exits and savings that the full run's scores say?
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "calibrate/drop_bound.h"
#include "eval/full_pass.h"
#include "eval/input_source.h"
#include "fovea/error.h"
#include "fovea/executor.h"
#include "fovea/policy.h"

namespace fovea {

/// One sample whose adaptive answer is not the one that its recorded scores say.
struct Disagreement {
  int64_t sample = 0;
  int expected_exit = 0;
  int found_exit = 0;
  int64_t expected_answer = 0;  ///< class at the expected exit of the full pass
  int64_t found_answer = 0;
  /// "sample 7: exit 2 (expected 1), class 3 (expected 3)", or that only bits of logits differ.
  [[nodiscard]] std::string text() const;
};

/// Milliseconds that the last run of an executor spent in each of its segments, over all its
/// samples: one per exit asked, in their order. Empty where nothing was measured.
using SegmentClock = std::function<std::vector<double>()>;

struct VerifyOptions {
  PassOptions pass;
  /// Of the executor that makes the full pass; without it there is no realisation.
  SegmentClock segment_ms;
  /// Each batch is run this often and the least times count: on a busy machine single times of
  /// short runs mean little. At least 1.
  int rounds = 1;
};

struct Verification {
  int64_t n = 0;
  int64_t agree = 0;
  std::vector<Disagreement> disagree;
  double macs_full = 0;      ///< executed multiply-adds per sample, all exits of every sample
  double macs_adaptive = 0;  ///< executed multiply-adds per sample under the policy
  double ms_full = 0;        ///< mean wall time per sample, loading and transforms included
  double ms_adaptive = 0;    ///< the same under the policy
  double load_ms = 0;        ///< of both, loading and transforms
  /// Right answers lost and gained against the last exit, on the samples whose class is known.
  AnswerChanges changes;
  /// (Sum over samples of the full run's times of the segments that the adaptive run executed)
  /// / (wall time of the adaptive runs); 1 says that leaving early costs nothing. The full run is
  /// one that asks the policy's exits, in the same sitting, batch by batch.
  std::optional<double> realisation;
};

/// Compares one adaptive run with the scores of a full run of the same samples.
///
/// full        logits of every exit, [n,C] each
/// scoring     of every exit
/// policy      resolved for these samples
/// adaptive    outputs of the run under the policy
/// A sample agrees where its exit is the one that the full run's scores say and its logits there
/// have the same bits. Under a deadline a sample may leave at any exit asked up to that one.
/// `first_sample` is added to the numbers in the result.
[[nodiscard]] std::vector<Disagreement> compare_with_hindsight(std::span<const Tensor> full,
                                                               std::span<const Scoring> scoring,
                                                               const ResolvedPolicy& policy,
                                                               const Outputs& adaptive,
                                                               int64_t first_sample = 0);

/// Sum over samples of the time of the segments up to the exit each left at. `segment_ms` is the
/// time of a run of exits.size() samples in which nobody left, one per exit asked.
[[nodiscard]] double executed_segment_ms(std::span<const double> segment_ms,
                                         std::span<const int> asked,
                                         std::span<const int64_t> exits);

/// A full pass and an adaptive pass, separately executed, batch by batch. `full` and `adaptive` are
/// executors of one kind for one network (or one and the same), since bits are compared.
/// Errors (kUsage): a policy that does not fit; a replay of other decision points than exits, for
/// which no full pass exists.
[[nodiscard]] Result<Verification> verify(Executor& full, Executor& adaptive,
                                          const InputSource& source, const Policy& policy,
                                          const VerifyOptions& options = {});

}  // namespace fovea
