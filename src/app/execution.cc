#include "app/execution.h"

#include <algorithm>
#include <array>

#include "app/machine.h"
#include "base/words.h"
#include "fovea/plan.h"
#include "fovea/session.h"
#include "reference/reference.h"

namespace fovea::app {
namespace {

constexpr std::array<std::string_view, 3> kNames{"runtime", "reference", "learner"};
constexpr int64_t kMaxThreads = 1024;

}  // namespace

OptionSpecs executor_options() {
  return {
      {"--executor", "NAME", "runtime (fast, the usual), reference (slow, the oracle) or learner"},
      {"--threads", "T", "threads; without it as many as affinity and cgroup quota allow"},
  };
}

OptionSpecs batch_options() { return {{"--batch", "M", "samples that run together"}}; }

std::string_view executor_name(ExecutorKind kind) { return kNames[static_cast<size_t>(kind)]; }

Execution execution_from(const Context& context, const Arguments& arguments) {
  Execution out;
  out.threads = static_cast<int>(arguments.count("--threads", default_threads(), 1, kMaxThreads));
  if (const auto name = arguments.value("--executor")) {
    const auto* const at = std::find(kNames.begin(), kNames.end(), *name);
    if (at == kNames.end()) {
      const std::vector<std::string> names(kNames.begin(), kNames.end());
      const auto near = nearest(*name, names);
      throw Error({.kind = ErrorKind::kUsage,
                   .what = "no such executor",
                   .where = "--executor",
                   .expected = joined(std::span<const std::string>(names), ", "),
                   .found = *name,
                   .hint = near ? "perhaps " + *near : std::string()});
    }
    out.kind = static_cast<ExecutorKind>(at - kNames.begin());
  }
  if (out.kind == ExecutorKind::kLearner && context.hooks.make_learner == nullptr) {
    become_trainer(context);
  }
  return out;
}

std::unique_ptr<Executor> make_executor(const Context& context, const Network& network,
                                        const Execution& execution) {
  switch (execution.kind) {
    case ExecutorKind::kReference:
      return std::make_unique<ReferenceExecutor>(network.graph(), network.model.params,
                                                 ReferenceOptions{.taps = execution.taps});
    case ExecutorKind::kLearner:
      return context.hooks.make_learner(network.graph(), network.model.params,
                                        {.taps = execution.taps, .threads = execution.threads});
    case ExecutorKind::kRuntime:
      break;
  }
  auto plan = Plan::make(network.graph(), network.model.params,
                         {.micro_batch = execution.micro_batch, .taps = execution.taps});
  return std::make_unique<Session>(std::move(plan), SessionOptions{.threads = execution.threads});
}

}  // namespace fovea::app
