// Measures a model for its report.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "eval/full_pass.h"
#include "report/facts.h"

namespace fovea::report {

struct MeasureOptions {
  int64_t batch = 64;
  /// The policy that the report shows closely; without it one threshold of 0.9 for all exits.
  std::optional<Policy> policy;
  std::string policy_name;
  std::map<std::string, Policy> stored;  ///< policies of the model by name
  int64_t n_timed = 1000;                ///< samples that policies are run on for their times
  int rounds = 5;                        ///< of which the median counts
  /// Told what is done and how far it is; may be empty.
  std::function<void(std::string_view what, int64_t done, int64_t total)> progress;
};

/// Records all exits on all samples, judges policies on these scores, and runs some of them on the
/// first samples for their times. Errors: those of the executor and the source; kBadInput where no
/// sample has a known class.
[[nodiscard]] Result<DataFacts> measure(Executor& executor, const InputSource& source,
                                        const MeasureOptions& options);

/// `samples` of recorded scores, in that order.
[[nodiscard]] Scores rows_of(const Scores& scores, const std::vector<int64_t>& samples);

}  // namespace fovea::report
