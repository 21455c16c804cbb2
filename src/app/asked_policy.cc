#include "app/asked_policy.h"

#include <string>
#include <utility>

#include "app/budget_argument.h"
#include "app/policy_argument.h"
#include "base/file.h"

namespace fovea::app {
namespace {

std::optional<EvalMode> mode_from(const Arguments& arguments) {
  const auto text = arguments.value("--mode");
  if (!text) return std::nullopt;
  if (*text == "hindsight") return EvalMode::kHindsight;
  if (*text == "executed") return EvalMode::kExecuted;
  throw Error({.kind = ErrorKind::kUsage,
               .what = "unknown mode",
               .where = "--mode",
               .expected = "hindsight or executed",
               .found = shown_path(*text)});
}

}  // namespace

std::optional<EvalMode> asked_mode(const Arguments& arguments) {
  const std::optional<EvalMode> mode = mode_from(arguments);
  check_control(arguments);
  if (mode == EvalMode::kHindsight && control_asks_time(arguments)) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "recorded scores take no time that could be kept",
                 .where = "--control",
                 .expected = "--mode executed, or a budget of multiply-adds"});
  }
  return mode;
}

AskedPolicy::AskedPolicy(const Context& context, const Arguments& arguments, const Model& model,
                         const RunTimes& times)
    : asked_mode_(asked_mode(arguments)) {
  const std::optional<SolvedPolicy> solved = solved_policy(arguments, model, &times);
  const Policy policy = policy_or_default(
      arguments, model, {.console = &context.console, .times = &times, .solved = &solved});
  // Recorded scores take no time, so there the thresholds are judged as they were solved.
  const bool only_judged = asked_mode_ == EvalMode::kHindsight && !arguments.has("--control");
  if (!only_judged) kept_ = controller_from(context.console, arguments, model, policy, solved);
  reported_ = app::reported(policy, solved);
}

AdaptiveReport AskedPolicy::report(const Scores& scores, Executor& executor,
                                   const InputSource& source, const PassOptions& pass) {
  const Policy& policy = reported_.policy;
  const bool scores_cannot_say = (reported_.expected && reported_.unit == CostUnit::kMs) ||
                                 policy.deadline_ms || !policy.points.empty();
  const bool judged =
      asked_mode_.value_or(scores_cannot_say ? EvalMode::kExecuted : EvalMode::kHindsight) ==
      EvalMode::kHindsight;
  if (!kept_) {
    return (judged ? evaluate_hindsight(scores, executor.graph(), policy)
                   : evaluate_executed(executor, source, policy, pass))
        .value();
  }
  ControlledPolicy policies(std::move(kept_->controller), policy.max_macs, kept_->unit);
  AdaptiveReport report =
      (judged ? evaluate_hindsight({.table = exit_table(scores), .labels = scores.labels},
                                   executor.graph(), policies, pass.batch)
              : evaluate_executed(executor, source, policies, pass))
          .value();
  report.control = policies.report();
  return report;
}

}  // namespace fovea::app
