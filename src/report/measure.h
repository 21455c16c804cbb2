// Measures a model for its report.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/full_pass.h"
#include "report/facts.h"

namespace fovea::report {

struct NamedPolicy {
  std::string name;
  Policy policy;
};

/// A threshold of 0.9 at every exit but the last.
[[nodiscard]] NamedPolicy usual_policy(const Graph& graph);

/// A model to be measured, and what is known of its policies.
struct Candidate {
  Executor& executor;
  const InputSource& source;
  NamedPolicy policy;                    ///< that the report shows closely
  std::map<std::string, Policy> stored;  ///< policies of the model by name
};

struct MeasureOptions {
  int64_t batch = 64;
  int64_t n_timed = 1000;  ///< samples that policies are run on for their times
  int rounds = 5;          ///< of which the median counts
  /// Told what is done and how far it is; may be empty.
  std::function<void(std::string_view what, int64_t done, int64_t total)> progress;
};

/// Records all exits on all samples, judges policies on these scores, and runs some of them on
/// samples from all over the data for their times, those of all candidates in the same rounds.
/// Gives the facts of each. Errors: those of the executors and the sources; kUsage for a policy
/// that scores cannot judge (check_judgeable); kBadInput where no sample has a known class.
[[nodiscard]] Result<std::vector<DataFacts>> measure(const std::vector<Candidate>& candidates,
                                                     const MeasureOptions& options);

/// `samples` of recorded scores, in that order.
[[nodiscard]] Scores rows_of(const Scores& scores, const std::vector<int64_t>& samples);

}  // namespace fovea::report
