// From a recipe to what is trained: network, weights, pictures.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "app/hooks.h"
#include "learner/recipe.h"
#include "learner/training.h"

namespace fovea {

/// Gives the path of a pack as it is asked for.
using PackFunction = std::function<Result<std::string>(const app::PackRequest& request)>;

struct TaskOptions {
  std::string run_folder;  ///< packs are put there; made where it is missing
  std::string init_model;  ///< weights to start from, or empty: the network's own initialisation
  PackFunction pack;
  PictureDecoder decoder;  ///< for packs of encoded files
  std::function<void(std::string_view)> note;
};

/// Builds the network with as many classes as the data has, and opens the data. Throws Error.
TrainingTask make_task(const Recipe& recipe, const TaskOptions& options);

}  // namespace fovea
