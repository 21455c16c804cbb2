#include "trainer/train_command.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>

#include "base/file.h"
#include "learner/collective.h"
#include "learner/device.h"
#include "learner/launch.h"
#include "trainer/task.h"

namespace fovea {
namespace {

std::atomic<bool> g_interrupted{false};

/// While it lives, SIGINT and SIGTERM ask the run to end after its step; a second one ends it.
class InterruptGuard {
 public:
  InterruptGuard() {
    g_interrupted = false;
    struct sigaction action {};
    action.sa_handler = [](int number) {
      if (g_interrupted.exchange(true)) {
        ::signal(number, SIG_DFL);
        ::raise(number);
      }
    };
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &old_int_);
    ::sigaction(SIGTERM, &action, &old_term_);
  }
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  ~InterruptGuard() {
    ::sigaction(SIGINT, &old_int_, nullptr);
    ::sigaction(SIGTERM, &old_term_, nullptr);
  }

 private:
  struct sigaction old_int_ {};
  struct sigaction old_term_ {};
};

Recipe recipe_of(const app::TrainArguments& arguments) {
  const Result<std::string> text = read_file(arguments.recipe, 1 << 20);
  Recipe recipe = parse_recipe(text.value(), arguments.recipe, arguments.settings).value();
  if (arguments.seed) recipe.run.seed = *arguments.seed;
  return recipe;
}

TrainingOptions::ThreadsBy threads_by(const app::TrainArguments& arguments, const Recipe& recipe) {
  const bool asked =
      recipe.run.threads > 0 || arguments.threads_of == app::TrainArguments::ThreadsOf::kProcess;
  return asked ? TrainingOptions::ThreadsBy::kRequest : TrainingOptions::ThreadsBy::kDefault;
}

int threads_of(const app::TrainArguments& arguments, const Recipe& recipe, const Launch& launch) {
  if (recipe.run.threads > 0) return static_cast<int>(recipe.run.threads);
  const bool shared = arguments.threads_of == app::TrainArguments::ThreadsOf::kMachine;
  return std::max(1, arguments.threads / (shared ? launch.local_size : 1));
}

/// Processes of one machine share its accelerators out by their places there.
std::string device_of_process(const std::string& asked, const Launch& launch) {
  if (asked != "cuda" || launch.size == 1) return asked;
  return "cuda:" + std::to_string(launch.local_rank);
}

/// What the arguments and the processes say of the run.
TrainingOptions training_options(const app::TrainArguments& arguments, const Launch& launch,
                                 Collective* collective) {
  const bool resumes = arguments.resume == app::TrainArguments::Resume::kYes;
  return {.run_folder = arguments.run_folder,
          .resume = resumes ? Resume::kYes : Resume::kNo,
          .overwrite = arguments.overwrite,
          .stop_after_steps = arguments.stop_after_steps,
          .device = device_of_process(arguments.device, launch),
          .collective = collective,
          .interrupted = &g_interrupted,
          .note = arguments.note};
}

/// What is trained; rank 0 packs the data, the others find it packed where they see its folder.
TrainingTask task_of(const app::TrainArguments& arguments, const TrainingOptions& training) {
  Collective* const collective = training.collective;
  const bool leads = collective == nullptr || collective->rank() == 0;
  const bool anew = arguments.overwrite == Overwrite::kAllow &&
                    arguments.resume == app::TrainArguments::Resume::kNo;
  const auto own_reuse = anew ? app::PackReuse::kNone : app::PackReuse::kCurrent;
  const auto make = [&] {
    return make_task(recipe_of(arguments),
                     {.run_folder = arguments.run_folder,
                      .init_model = arguments.init_model,
                      .pack = arguments.pack,
                      .reuse = leads ? own_reuse : app::PackReuse::kAny,
                      .check = [&](const Recipe& recipe,
                                   const Graph& graph) { check_run(recipe, graph, training); },
                      .decoder = arguments.decoder,
                      .note = leads ? arguments.note : [](std::string_view) {}});
  };
  if (collective == nullptr) return make();
  if (!leads) collective->barrier().value();
  TrainingTask task = make();
  if (leads) collective->barrier().value();
  return task;
}

app::TrainOutcome train_in(const Launch& launch, Collective* collective,
                           const app::TrainArguments& arguments) {
  TrainingOptions options = training_options(arguments, launch, collective);
  const TrainingTask task = task_of(arguments, options);
  options.threads = threads_of(arguments, task.recipe, launch);
  options.threads_by = threads_by(arguments, task.recipe);
  const InterruptGuard guard;
  const TrainingResult result = train(task, options);
  using Outcome = app::TrainOutcome;
  return {.steps = result.steps,
          .epochs = result.epochs,
          .end = result.end == TrainingEnd::kFinished ? Outcome::End::kFinished
                                                      : Outcome::End::kStopped,
          .model = result.model,
          .top1_per_exit = result.test_top1.empty() ? result.val_top1 : result.test_top1,
          .reports = launch.rank == 0 ? Outcome::Reports::kHere : Outcome::Reports::kElsewhere};
}

}  // namespace

Result<app::TrainOutcome> train_command(const app::TrainArguments& arguments) {
  std::unique_ptr<Collective> collective;
  try {
    const Launch launch = launch_from(process_environment()).value();
    const at::Device device = device_of(device_of_process(arguments.device, launch));
    if (launch.size > 1) collective = connect(launch, device).value();
    return train_in(launch, collective.get(), arguments);
  } catch (const Error& error) {
    // An interrupt ends all of them by agreement.
    const bool agreed = error.info().kind == ErrorKind::kInterrupted;
    if (collective != nullptr && !agreed) collective->tell_failure(error.what());
    return error.info();
  }
}

}  // namespace fovea
