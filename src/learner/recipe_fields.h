// Every key of a recipe, once: the reader fills the fields, the writer prints them.
#pragma once

#include "learner/recipe.h"

namespace fovea {

/// Least and greatest value of a number; the greatest may be excluded.
struct RecipeBounds {
  double low = 0;
  double high = 1e9;
  enum class High : uint8_t { kAllowed, kExcluded };
  High at_high = High::kAllowed;
};
constexpr RecipeBounds kBelowOne{.low = 0, .high = 1, .at_high = RecipeBounds::High::kExcluded};

/// What a list of numbers has to be like; an empty list always is.
struct RecipeList {
  RecipeBounds each;
  enum class Kind : uint8_t {
    kRising,   ///< each number is above the one before it
    kWeights,  ///< at least one is not 0
  };
  Kind kind = Kind::kRising;
};

template <typename Visitor>
void visit_fields(Visitor& v, RecipeNetwork& network) {
  v.field("name", network.name);
  v.field("graph", network.graph);
  v.map("set", network.set);
}

template <typename Visitor>
void visit_fields(Visitor& v, RecipeData& data) {
  v.field("name", data.name);
  v.field("train", data.train);
  v.field("val", data.val);
  v.field("test", data.test);
  v.field("hold_out", data.hold_out, {-1, 1e9});
  v.choice("augment", data.augment, {"none", "pad_crop_flip", "random_resized_crop"});
  v.field("pad", data.pad, {0, 64});
  v.field("cutout", data.cutout, {0, 1024});
  v.choice("pack", data.pack, {"pixels", "encoded"});
  v.choice("broken", data.broken, {"stop", "skip"});
  v.field("transform", data.transform);
  v.field("images", data.images, {2, 1e8});
  v.field("test_images", data.test_images, {1, 1e8});
  v.field("image_seed", data.image_seed);
}

template <typename Visitor>
void visit_fields(Visitor& v, RecipeRun& run) {
  v.field("seed", run.seed);
  v.field("batch", run.batch, {1, 65536});
  v.field("threads", run.threads, {0, 4096});
  v.field("checkpoint_minutes", run.checkpoint_minutes, {0, 1e6});
  v.choice("path", run.path, {"auto", "eager", "fast"});
  v.field("sync_norm", run.sync_norm);
  v.choice("storage", run.storage, {"f32", "f16"});
  v.field("log_every", run.log_every, {1, 1e9});
}

template <typename Visitor>
void visit_fields(Visitor& v, ObjectiveSettings& objective) {
  v.choice("kind", objective.kind, objective_names());
  v.list("exit_weights", objective.exit_weights, {{0, 1e6}, RecipeList::Kind::kWeights});
  v.field("label_smoothing", objective.label_smoothing, kBelowOne);
  v.field("distillation", objective.distillation, {0, 1});
  v.field("temperature", objective.temperature, {1e-3, 1e3});
}

template <typename Visitor>
void visit_fields(Visitor& v, SgdSettings& sgd) {
  v.field("momentum", sgd.momentum, {0, 1});
  v.field("weight_decay", sgd.weight_decay, {0, 1});
  v.field("dampening", sgd.dampening, {0, 1});
  bool nesterov = sgd.nesterov == Nesterov::kYes;
  v.field("nesterov", nesterov);
  sgd.nesterov = nesterov ? Nesterov::kYes : Nesterov::kNo;
}

template <typename Visitor>
void visit_fields(Visitor& v, Schedule& schedule) {
  v.choice("kind", schedule.kind, schedule_names());
  v.field("rate", schedule.rate, {0, 1e3});
  v.list("milestones", schedule.milestones, {{0, 1}, RecipeList::Kind::kRising});
  v.field("gamma", schedule.gamma, {0, 1});
  v.field("every", schedule.every, {1, 1e9});
  v.field("warmup_epochs", schedule.warmup_epochs, {0, 1e6});
}

template <typename Visitor>
void visit_fields(Visitor& v, WeightingSettings& weighting) {
  v.choice("kind", weighting.kind, {"none", "learned"});
  v.field("hidden", weighting.hidden, {1, 65536});
  v.field("reach", weighting.reach, {0, 1});
  v.field("rate", weighting.rate, {0, 1e3});
  v.field("target", weighting.target, {1e-3, 1e3});
  v.field("every", weighting.every, {1, 1e9});
}

template <typename Visitor>
void visit_fields(Visitor& v, Stage& stage) {
  v.field("epochs", stage.epochs, {1, 1e6});
  v.field("init", stage.init);
  v.field("trainable", stage.trainable);
  v.choice("mode", stage.mode, {"soft", "masked", "compact"});
  v.choice("gradients", stage.gradients, {"plain", "equilibrium"});
  v.field("mixup", stage.mixup, {0, 1e3});
  v.field("ema_decay", stage.ema_decay, kBelowOne);
  v.table("objective", stage.objective);
  v.table("optimizer", stage.optimizer);
  v.table("schedule", stage.schedule);
  v.table("weighting", stage.weighting);
}

template <typename Visitor>
void visit_fields(Visitor& v, Recipe& recipe) {
  v.table("network", recipe.network);
  v.table("data", recipe.data);
  v.table("run", recipe.run);
  v.tables("stage", recipe.stages);
}

}  // namespace fovea
