// The policy that eval's options ask for: judged on recorded scores, or run.
#pragma once

#include <cstdint>
#include <optional>

#include "app/control_argument.h"
#include "app/execution.h"
#include "app/segment_timing.h"
#include "eval/executed.h"
#include "eval/reported_policy.h"

namespace fovea::app {

enum class EvalMode : uint8_t { kHindsight, kExecuted };

/// What --mode asks for, nothing where it is not given. Throws Error (kUsage): another word, a
/// --control that stands alone, or one that is to keep a time that --mode hindsight does not take.
[[nodiscard]] std::optional<EvalMode> asked_mode(const Arguments& arguments);

/// The policy of the options with its controller, solved once and used once. Not thread-safe.
class AskedPolicy {
 public:
  /// Solves the options' budget, on `times` where it is one of time. Throws Error as solved_policy,
  /// policy_or_default and controller_from.
  AskedPolicy(const Context& context, const Arguments& arguments, const Model& model,
              const RunTimes& times);

  [[nodiscard]] const ReportedPolicy& reported() const { return reported_; }

  /// Judges the policy on `scores`, or runs it on `source`: as --mode says, else runs what scores
  /// cannot answer (times, other decisions than exits). To be called once: a controller has learnt
  /// afterwards.
  [[nodiscard]] AdaptiveReport report(const Scores& scores, Executor& executor,
                                      const InputSource& source, const PassOptions& pass);

 private:
  std::optional<EvalMode> asked_mode_;
  ReportedPolicy reported_;
  std::optional<KeptBudget> kept_;
};

}  // namespace fovea::app
