// Recipes: what is trained on which data, and how. TOML; every key is listed once, in recipe.cc.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fovea/error.h"
#include "learner/objective_settings.h"
#include "learner/schedule.h"
#include "learner/sgd_settings.h"
#include "learner/weighting_settings.h"

namespace fovea {

/// One stretch of training with its own objective, optimiser and schedule.
struct Stage {
  int64_t epochs = 300;
  std::string init;                    ///< a model file whose weights this stage starts from
  std::vector<std::string> trainable;  ///< prefixes of parameter names; empty: all
  std::string mode = "soft";           ///< soft, masked, compact
  std::string gradients = "plain";     ///< plain; equilibrium: scaled, see equilibrium.h
  double mixup = 0;                    ///< Beta(mixup, mixup) blends pairs of pictures; 0: none
  double ema_decay = 0;                ///< of the average that is evaluated and stored; 0: none
  ObjectiveSettings objective;
  SgdSettings optimizer;
  Schedule schedule;
  WeightingSettings weighting;
};

struct RecipeNetwork {
  std::string name;   ///< a named configuration or a family
  std::string graph;  ///< a file in text form, instead of a name
  std::map<std::string, std::string, std::less<>> set;
};

/// `name`: empty where the network's own data set is meant. `augment`: none, pad_crop_flip (CIFAR),
/// random_resized_crop (ImageNet). `pack`: what training reads, pixels (of the network's size; for
/// random crops the transform's resize) or (large pictures; the build needs codecs) the files as
/// they are, decoded anew in every epoch. `broken`: whether a picture that cannot be read stops the
/// packing or is named and left out. `hold_out` training pictures are kept for choices where the
/// data has no split `val`. scenes (name = "scenes") are rendered: images, image_seed, and side is
/// the network's.
struct RecipeData {
  std::string name;
  std::string train = "train";
  std::string val;            ///< empty: held out of the training split
  std::string test = "test";  ///< empty: not measured
  int64_t hold_out = -1;      ///< -1: a tenth
  std::string augment = "pad_crop_flip";
  int64_t pad = 4;
  int64_t cutout = 0;  ///< side of a square that pad_crop_flip makes grey, in pixels; 0: none
  std::string pack = "pixels";
  std::string broken = "stop";
  std::string transform;  ///< as `import --transform`; empty: the network's own
  int64_t images = 20000;
  int64_t test_images = 4000;
  uint64_t image_seed = 1;
};

/// `path`: fast (float32 on CPUs without LibTorch's operators), eager, or auto: fast where the
/// build, the device and the network allow it. `batch` is of all processes together. `sync_norm`:
/// batch normalisation takes its statistics over the whole batch, however many processes share it;
/// else each part of a batch (a process's, a thread's) is normalised by its own. `storage`: how the
/// model file holds weights, f32 or f16; accuracies in its record are the stored file's.
struct RecipeRun {
  uint64_t seed = 0;
  int64_t batch = 64;
  int64_t threads = 0;  ///< 0: what the command line says
  double checkpoint_minutes = 10;
  std::string path = "auto";
  bool sync_norm = false;
  std::string storage = "f32";
  int64_t log_every = 50;  ///< steps between lines of metrics.jsonl; the first 50 are all there
};

struct Recipe {
  RecipeNetwork network;
  RecipeData data;
  RecipeRun run;
  std::vector<Stage> stages;

  [[nodiscard]] int64_t epochs() const;
};

/// A recipe's keys as "--set KEY=VALUE" names them: `run.batch`, `network.set.nBlocks`,
/// `stage.0.schedule.rate`; `stage.schedule.rate` means all stages.
using RecipeSettings = std::vector<std::pair<std::string, std::string>>;

/// Reads a recipe; `settings` replace or add values. Errors: kBadInput for the text, kUsage for a
/// setting; both name the key, and the nearest one where it is misspelt.
[[nodiscard]] Result<Recipe> parse_recipe(std::string_view text, std::string_view source,
                                          const RecipeSettings& settings = {});

/// The whole recipe with every key; parses back to an equal one.
[[nodiscard]] std::string recipe_text(const Recipe& recipe);

}  // namespace fovea
