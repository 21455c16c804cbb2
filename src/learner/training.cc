#include "learner/training.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "base/file.h"
#include "data/core/loader.h"
#include "fovea/model.h"
#include "learner/accuracy.h"
#include "learner/checkpoint.h"
#include "learner/device.h"
#include "learner/metrics.h"
#include "learner/mixup.h"
#include "learner/peers.h"
#include "learner/process.h"
#include "learner/run_data.h"
#include "learner/run_folder.h"
#include "learner/training_step.h"
#include "model/safetensors.h"

namespace fovea {
namespace {

constexpr size_t kFirstLosses = 50;
constexpr int64_t kEvaluationBatch = 100;
constexpr double kNoteSeconds = 20;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

[[noreturn]] void refuse(ErrorKind kind, std::string what, std::string where,
                         std::string expected = {}, std::string found = {}, std::string hint = {}) {
  throw Error({.kind = kind,
               .what = std::move(what),
               .where = std::move(where),
               .expected = std::move(expected),
               .found = std::move(found),
               .hint = std::move(hint)});
}

/// Side of the network's single square picture.
int32_t side_of(const Graph& graph) {
  const Block& main = graph.main();
  const Shape& shape = main.value(main.inputs[0]).type.shape;
  if (main.inputs.size() != 1 || shape.rank() != 3 || shape[0] != 3 || shape[1] != shape[2]) {
    refuse(ErrorKind::kUsage, "training on pictures needs a network for them", graph.name(),
           "one input [3,S,S]", shape.text());
  }
  return static_cast<int32_t>(shape[1]);
}

NormScope norm_scope_of(const Recipe& recipe, Peers& peers) {
  if (!recipe.run.sync_norm) return {};
  // Alone too: one process then gives the bits of several.
  return {.over = NormScope::Over::kBatch, .peers = &peers};
}

void check_recipe(const Recipe& recipe, const Graph& graph, const at::Device& device,
                  Peers& peers) {
  if (recipe.data.cutout > 0 && recipe.data.augment != "pad_crop_flip") {
    refuse(ErrorKind::kUsage, "squares are cut out by pad_crop_flip only", "data.cutout", "0",
           std::to_string(recipe.data.cutout));
  }
  for (const Stage& each : recipe.stages) {
    check_stage(graph, each, device, path_choice(recipe.run.path), norm_scope_of(recipe, peers));
    if (peers.alone() || each.weighting.kind == "none") continue;
    refuse(ErrorKind::kUsage, "sample weights are learned by one process only",
           "stage.weighting.kind", "none", each.weighting.kind);
  }
}

/// One run: holds what lives from the first step to the last.
class Run {
 public:
  Run(const TrainingTask& task, const TrainingOptions& options)
      : task_(task),
        options_(options),
        folder_(options.run_folder),
        recipe_text_(recipe_text(task.recipe)),
        device_(device_of(options.device)),
        side_(side_of(task.graph)),
        peers_(options.collective),
        threads_(options.threads),
        params_(task.params),
        data_(run_data(task, side_)) {
    check_recipe(task.recipe, task.graph, device_, peers_);
  }

  TrainingResult run() {
    begin();
    // Threads work on parts of a batch, each through whole operators; a batch that is normalised as
    // a whole has one part, and its operators are split.
    set_learner_threads(task_.recipe.run.sync_norm ? threads_ : 1);
    bool running = true;
    while (running && progress_.stage < n_stages()) running = run_stage();
    TrainingResult result{.end = running ? TrainingEnd::kFinished : TrainingEnd::kStopped,
                          .steps = progress_.total_steps,
                          .epochs = progress_.epoch,
                          .val_top1 = val_top1_};
    if (running) finish(result);
    return result;
  }

 private:
  [[nodiscard]] int64_t n_stages() const {
    return static_cast<int64_t>(task_.recipe.stages.size());
  }
  [[nodiscard]] const Stage& stage() const {
    return task_.recipe.stages[static_cast<size_t>(progress_.stage)];
  }
  [[nodiscard]] int64_t steps_per_epoch() const {
    const int64_t batch = task_.recipe.run.batch;
    return (data_.train.size() + batch - 1) / batch;
  }
  void note(const std::string& line) const {
    if (options_.note && peers_.leads()) options_.note(line);
  }
  void log(const std::string& line) const {
    if (peers_.leads()) folder_.log(line).value();
  }

  /// Starts the run folder, or takes up the last checkpoint.
  void begin() {
    peers_.require_same(recipe_text_, "the recipe");
    peers_.require_same(task_.data_digest + task_.judging_digest, "the data");
    if (options_.resume == Resume::kNo) {
      if (!peers_.leads()) return;
      folder_.begin(options_.overwrite).value();
      write_file(folder_.recipe(), recipe_text_, Overwrite::kAllow).value();
      save_split(folder_.split(), data_.split).value();
      return;
    }
    Checkpoint checkpoint = peers_.load_checkpoint(folder_.last()).value();
    if (checkpoint.recipe != recipe_text_ || checkpoint.init != task_.init) {
      refuse(ErrorKind::kUsage, "the run was started with another recipe or other settings",
             shown_path(folder_.last()), {}, {}, "resume with the words that began it");
    }
    if (checkpoint.data_digest != task_.data_digest) {
      refuse(ErrorKind::kBadInput, "the data changed since the run began",
             shown_path(folder_.last()), checkpoint.data_digest, task_.data_digest);
    }
    const std::string& judging = checkpoint.judging_digest;
    if (!judging.empty() && judging != task_.judging_digest) {
      refuse(ErrorKind::kBadInput, "the data that judges changed since the run began",
             shown_path(folder_.last()), judging, task_.judging_digest);
    }
    if (peers_.leads()) check_split(folder_.split(), data_.split).value();
    if (checkpoint.threads) take_up_threads(*checkpoint.threads);
    params_ = std::move(checkpoint.params);
    state_ = {.momentum = std::move(checkpoint.momentum),
              .average = std::move(checkpoint.average),
              .weighting = std::move(checkpoint.weighting)};
    progress_ = std::move(checkpoint.progress);
    if (peers_.leads()) folder_.go_on(progress_.total_steps).value();
  }

  /// What the run had before, unless another number is asked for.
  void take_up_threads(int before) {
    if (before == threads_) return;
    if (options_.threads_by == TrainingOptions::ThreadsBy::kDefault) {
      note("threads: " + std::to_string(before) + ", as before, so that the bits are the same");
      threads_ = before;
      return;
    }
    note("threads: " + std::to_string(threads_) + " instead of " + std::to_string(before) +
         "; the weights' last bits will differ from an uninterrupted run's");
  }

  /// Runs the rest of a stage; false where the run is to stop.
  bool run_stage() {
    if (progress_.stage_epoch == 0 && progress_.step == 0 && !stage().init.empty()) {
      params_ = load_model(stage().init).value().params;
    }
    peers_.take_from_first(params_);
    trainer_.emplace(task_.graph, params_, stage(), device_, threads_,
                     path_choice(task_.recipe.run.path), norm_scope());
    path_ = path_name(trainer_->path());
    std::string obstacle;
    if (task_.recipe.run.path == "auto")
      obstacle = path_obstacle(task_.graph, stage(), device_, norm_scope());
    note("path: " + path_ + (obstacle.empty() ? "" : "; fast cannot do " + obstacle));
    trainer_->set_state(state_, progress_.stage_epoch * steps_per_epoch() + progress_.step);
    while (progress_.stage_epoch < stage().epochs) {
      if (!run_epoch()) return false;
    }
    params_ = trainer_->result();
    state_ = {};
    progress_.stage += 1;
    progress_.stage_epoch = 0;
    return true;
  }

  bool run_epoch() {
    epoch_start_ = Clock::now();
    epoch_start_samples_ = progress_.sums.samples;
    const EpochRest rest{.seed = task_.recipe.run.seed,
                         .epoch = progress_.epoch,
                         .step = progress_.step,
                         .batch = task_.recipe.run.batch,
                         .whole = stage().mixup > 0};
    Loader loader(data_.train, places_of(rest, data_.train.size(), peers_),
                  static_cast<uint64_t>(progress_.epoch), {.threads = threads_});
    while (progress_.step < steps_per_epoch()) {
      step(*loader.next());
      if (stop_ == Peers::Stop::kYes) {
        checkpoint(folder_.last());
        refuse(ErrorKind::kInterrupted, "interrupted; a checkpoint was written",
               shown_path(folder_.last()), {}, {}, "--resume goes on");
      }
      const bool stops =
          options_.stop_after_steps && ++steps_of_call_ >= *options_.stop_after_steps;
      const bool due = seconds_since(checkpoint_time_) > 60 * task_.recipe.run.checkpoint_minutes;
      const bool ends_epoch = progress_.step == steps_per_epoch();
      if (ends_epoch) end_epoch();
      if (ends_epoch || stops || due) checkpoint(folder_.last());
      if (stops) return finished();
      if (ends_epoch) return true;
    }
    return true;
  }

  [[nodiscard]] bool finished() const {
    return progress_.stage + 1 == n_stages() && progress_.stage_epoch == stage().epochs;
  }

  [[nodiscard]] NormScope norm_scope() { return norm_scope_of(task_.recipe, peers_); }

  [[nodiscard]] Peers::Stop asked_to_stop() const {
    const bool asked = options_.interrupted != nullptr && options_.interrupted->load();
    return asked ? Peers::Stop::kYes : Peers::Stop::kNo;
  }

  void step(const LoadedBatch& batch) {
    const auto count = static_cast<int64_t>(batch.labels.size());
    const int64_t first = progress_.step * task_.recipe.run.batch;
    const Peers::Part part =
        peers_.part(std::min(task_.recipe.run.batch, data_.train.size() - first));
    at::Tensor values = at::empty({count, 3, side_, side_});
    at::Tensor targets = at::empty({count}, at::kLong);
    std::copy(batch.values.begin(), batch.values.end(), values.data_ptr<float>());
    std::copy(batch.labels.begin(), batch.labels.end(), targets.data_ptr<int64_t>());
    if (stage().mixup > 0) {
      const Noise noise =
          Noise(task_.recipe.run.seed, "mixup").fork(static_cast<uint64_t>(progress_.total_steps));
      MixedBatch mixed = mixup(values, targets, task_.graph.n_classes(), stage().mixup, noise);
      values = mixed.values.narrow(0, part.begin, part.count);
      targets = mixed.targets.narrow(0, part.begin, part.count);
    }
    const double rate = stage().schedule.at(progress_.stage_epoch, progress_.step,
                                            steps_per_epoch(), stage().epochs);
    trainer_->learn_weights(values, targets, rate, progress_.total_steps);
    BatchReport report = trainer_->gradients(values, targets, part.share);
    stop_ = peers_.sum_step(report, trainer_->network().flat_grads(), asked_to_stop());
    const std::string overflow = trainer_->overflow(report, values);
    if (!overflow.empty()) {
      const bool loss = !std::isfinite(report.loss);
      refuse(ErrorKind::kCheckFailed,
             loss ? "the loss is no longer finite" : "a gradient is no longer finite",
             place_in_training(progress_) + ", rate " + rate_text(rate) + ", first in " + overflow,
             loss ? "a number" : "", loss ? std::to_string(report.loss) : "",
             "a lower schedule.rate, or a warm-up");
    }
    trainer_->update(rate);
    progress_.step += 1;
    progress_.total_steps += 1;
    progress_.sums.add(report);
    if (progress_.first_losses.size() < kFirstLosses) {
      progress_.first_losses.push_back(report.loss);
    }
    if (progress_.total_steps <= static_cast<int64_t>(kFirstLosses) ||
        progress_.total_steps % task_.recipe.run.log_every == 0) {
      log(step_line(progress_, report, rate, images_per_s()));
    }
    if (seconds_since(note_time_) > kNoteSeconds) {
      note_time_ = Clock::now();
      note(progress_line(progress_, {.epochs = task_.recipe.epochs(),
                                     .steps_per_epoch = steps_per_epoch(),
                                     .batch = task_.recipe.run.batch,
                                     .rate = rate,
                                     .images_per_s = images_per_s()}));
    }
  }

  [[nodiscard]] double images_per_s() const {
    return static_cast<double>(progress_.sums.samples - epoch_start_samples_) /
           std::max(1e-9, seconds_since(epoch_start_));
  }

  void end_epoch() {
    const double speed = images_per_s();
    val_top1_.clear();
    if (data_.val) val_top1_ = top1();
    const double rate = stage().schedule.at(progress_.stage_epoch, progress_.step - 1,
                                            steps_per_epoch(), stage().epochs);
    const std::string line = epoch_line(progress_, val_top1_, rate, speed);
    log(line);
    note(epoch_note(progress_, val_top1_, speed));
    progress_.epoch_lines.push_back(line);
    progress_.epoch += 1;
    progress_.stage_epoch += 1;
    progress_.step = 0;
    progress_.sums = {};
    if (!val_top1_.empty() && val_top1_.back() > progress_.best_top1) {
      progress_.best_top1 = val_top1_.back();
      checkpoint(folder_.best());
    }
  }

  /// Of the network as it is in rank 0: statistics that are not synchronised differ elsewhere.
  [[nodiscard]] std::vector<double> top1() {
    if (peers_.alone()) return trainer_->top1(*data_.val, kEvaluationBatch);
    NamedTensors state = trainer_->result();
    peers_.take_from_first(state);
    return peers_.top1(*trainer_->network_of(state), *data_.val, kEvaluationBatch);
  }

  void checkpoint(const std::string& path) {
    progress_.seconds += seconds_since(clock_);
    clock_ = Clock::now();
    checkpoint_time_ = clock_;
    if (!peers_.leads()) return;
    StageState state = trainer_->state();
    const Checkpoint checkpoint{.params = trainer_->network().state(),
                                .momentum = std::move(state.momentum),
                                .average = std::move(state.average),
                                .weighting = std::move(state.weighting),
                                .progress = progress_,
                                .recipe = recipe_text_,
                                .data_digest = task_.data_digest,
                                .judging_digest = task_.judging_digest,
                                .init = task_.init,
                                .threads = threads_};
    save_checkpoint(path, checkpoint).value();
  }

  /// Writes the model, measures the stored file, and adds the figures to its record.
  void finish(TrainingResult& result) {
    peers_.take_from_first(params_);
    Model model{.graph = task_.graph,
                .params = params_,
                .transform = task_.transform.text(),
                .labels = task_.train->class_names()};
    RecordFacts facts{.recipe = recipe_text_,
                      .seed = task_.recipe.run.seed,
                      .threads = threads_,
                      .processes = peers_.size(),
                      .device = options_.device,
                      .path = path_,
                      .instruction_set = std::string(instruction_set()),
                      .data_digest = task_.data_digest,
                      .init = task_.init,
                      .n_train = data_.train.size(),
                      .n_val = data_.val ? data_.val->size() : 0,
                      .n_test = data_.test ? data_.test->size() : 0};
    // A file is measured beside its place, so that no model without its figures is ever there.
    const Storage storage = task_.recipe.run.storage == "f16" ? Storage::kF16 : Storage::kF32;
    const std::string beside = folder_.model() + ".unmeasured";
    if (peers_.leads()) {
      save_model(beside, model, storage, Overwrite::kAllow).value();
      model.params = load_model(beside).value().params;
      ::remove(beside.c_str());
    }
    peers_.take_from_first(model.params);
    const TrainableNetwork network(model.graph, model.params, {}, device_);
    if (data_.val) facts.val_top1 = peers_.top1(network, *data_.val, kEvaluationBatch);
    if (data_.test) facts.test_top1 = peers_.top1(network, *data_.test, kEvaluationBatch);
    result.val_top1 = facts.val_top1;
    result.test_top1 = facts.test_top1;
    if (!peers_.leads()) return;
    model.training = record_json(facts, progress_);
    save_model(folder_.model(), model, storage, Overwrite::kAllow).value();
    result.model = folder_.model();
  }

  const TrainingTask& task_;
  const TrainingOptions& options_;
  RunFolder folder_;
  std::string recipe_text_;
  at::Device device_;
  int32_t side_;
  Peers peers_;
  int threads_;                          ///< what this run uses, whatever was asked for
  Peers::Stop stop_ = Peers::Stop::kNo;  ///< what all processes agreed on in the last step
  NamedTensors params_;
  RunData data_;
  StageState state_;  ///< of the checkpoint that the run goes on from
  Progress progress_;
  std::optional<StageTrainer> trainer_;
  std::string path_;
  std::vector<double> val_top1_;
  int64_t steps_of_call_ = 0;
  int64_t epoch_start_samples_ = 0;
  Clock::time_point epoch_start_ = Clock::now();
  Clock::time_point clock_ = Clock::now();
  Clock::time_point checkpoint_time_ = Clock::now();
  Clock::time_point note_time_ = Clock::now();
};

}  // namespace

void check_run(const Recipe& recipe, const Graph& graph, const TrainingOptions& options) {
  Peers peers(options.collective);
  check_recipe(recipe, graph, device_of(options.device), peers);
  if (!peers.leads()) return;
  const RunFolder folder(options.run_folder);
  const Status ready = options.resume == Resume::kYes ? folder.check_resumable()
                                                      : folder.check_free(options.overwrite);
  if (!ready.ok()) throw Error(ready.error());
}

TrainingResult train(const TrainingTask& task, const TrainingOptions& options) {
  keep_freed_memory();
  return Run(task, options).run();
}

}  // namespace fovea
