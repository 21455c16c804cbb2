#include "trainer/train_command.h"

#include <atomic>
#include <csignal>

#include "base/file.h"
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

}  // namespace

Result<app::TrainOutcome> train_command(const app::TrainArguments& arguments) {
  try {
    const Recipe recipe = recipe_of(arguments);
    const TrainingTask task = make_task(recipe, {.run_folder = arguments.run_folder,
                                                 .init_model = arguments.init_model,
                                                 .pack = arguments.pack,
                                                 .decoder = arguments.decoder,
                                                 .note = arguments.note});
    const InterruptGuard guard;
    const bool resumes = arguments.resume == app::TrainArguments::Resume::kYes;
    const TrainingResult result =
        train(task, {.run_folder = arguments.run_folder,
                     .resume = resumes ? Resume::kYes : Resume::kNo,
                     .overwrite = arguments.overwrite,
                     .stop_after_steps = arguments.stop_after_steps,
                     .threads = recipe.run.threads > 0 ? static_cast<int>(recipe.run.threads)
                                                       : arguments.threads,
                     .interrupted = &g_interrupted,
                     .note = arguments.note});
    return app::TrainOutcome{
        .steps = result.steps,
        .epochs = result.epochs,
        .end = result.end == TrainingEnd::kFinished ? app::TrainOutcome::End::kFinished
                                                    : app::TrainOutcome::End::kStopped,
        .model = result.model,
        .top1_per_exit = result.test_top1.empty() ? result.val_top1 : result.test_top1};
  } catch (const Error& error) {
    return error.info();
  }
}

}  // namespace fovea
