#include "support/executors.h"

#include "reference/reference.h"
#ifdef FOVEA_HAS_RUNTIME
#include "fovea/session.h"
#endif
#ifdef FOVEA_HAS_LEARNER
#include "learner/executor.h"
#endif

namespace fovea::testing_support {

std::vector<ExecutorUnderTest> executors_but_reference() {
  return {
#ifdef FOVEA_HAS_RUNTIME
      {.name = "runtime", .network_tolerance = 1e-6},
#endif
#ifdef FOVEA_HAS_LEARNER
      {.name = "learner", .company_tolerance = 1e-5, .network_tolerance = 1e-5},
#endif
  };
}

std::vector<ExecutorUnderTest> executors_under_test() {
  std::vector<ExecutorUnderTest> out = executors_but_reference();
  out.insert(out.begin(), {.name = "reference"});
  return out;
}

std::unique_ptr<Executor> make_executor(const ExecutorUnderTest& executor, const Graph& graph,
                                        const NamedTensors& params,
                                        [[maybe_unused]] const ExecutorSettings& settings) {
#ifdef FOVEA_HAS_RUNTIME
  if (executor.name == "runtime") {
    return std::make_unique<Session>(
        Plan::make(graph, params, {.micro_batch = settings.micro_batch}),
        SessionOptions{.threads = settings.threads});
  }
#endif
#ifdef FOVEA_HAS_LEARNER
  if (executor.name == "learner") {
    return make_learner_executor(graph, params, {.threads = settings.threads});
  }
#endif
  return std::make_unique<ReferenceExecutor>(graph, params);
}

}  // namespace fovea::testing_support
