// From a recipe to what is trained: network, weights, pictures.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "learner/recipe.h"
#include "learner/training.h"

namespace fovea {

/// Gives the path of a pack with the named split of the named data; pictures of side x side.
using PackFunction = std::function<Result<std::string>(
    const std::string& name, const std::string& split, const std::string& folder, int side)>;

struct TaskOptions {
  std::string run_folder;  ///< packs are put there; made where it is missing
  std::string init_model;  ///< weights to start from, or empty: the network's own initialisation
  PackFunction pack;
  std::function<void(std::string_view)> note;
};

/// Builds the network with as many classes as the data has, and opens the data. Throws Error.
TrainingTask make_task(const Recipe& recipe, const TaskOptions& options);

}  // namespace fovea
