#include "trainer/learner_hooks.h"

#include <unistd.h>

#include <cstdlib>

#include "learner/executor.h"
#include "learner/process.h"
#include "learner/slowdown.h"
#include "trainer/train_command.h"

namespace fovea {

app::Hooks learner_hooks() {
  return {
      .make_learner =
          [](const Graph& graph, const NamedTensors& params, const app::LearnerOptions& options) {
            return make_learner_executor(graph, params,
                                         {.taps = options.taps, .threads = options.threads});
          },
      .train = train_command,
      .make_slowdown = [](const Graph& graph, const NamedTensors& params,
                          const app::SlowdownArguments& arguments) -> app::PictureAttack {
        set_learner_threads(arguments.threads);
        const auto attack = std::make_shared<const SlowdownAttack>(
            graph, params, arguments.normalise,
            SlowdownSettings{.epsilon = arguments.epsilon,
                             .steps = arguments.steps,
                             .step_size = arguments.step_size});
        return [attack](std::span<const Picture> pictures) { return attack->run(pictures); };
      }};
}

void start_with_sleeping_threads(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  ::setenv("OMP_WAIT_POLICY", "passive", 1);
  ::setenv("GOMP_SPINCOUNT", "0", 0);
  ::setenv("GLOG_minloglevel", "3", 0);  // LibTorch logs what its exceptions say again
  ::execv("/proc/self/exe", argv);
  // Where the program cannot be started again, its threads spin: slower, not wrong.
}

}  // namespace fovea
