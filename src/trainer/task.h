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
  app::PackReuse reuse = app::PackReuse::kCurrent;
  /// Called with what is trained before anything is written or packed; throws to refuse it. The
  /// graph's number of classes may be another than the data's. May be empty.
  std::function<void(const Recipe& recipe, const Graph& graph)> check;
  PictureDecoder decoder;  ///< for packs of encoded files
  std::function<void(std::string_view)> note;
};

/// Builds the network with as many classes as the data has, and opens the data. Throws Error.
TrainingTask make_task(const Recipe& recipe, const TaskOptions& options);

}  // namespace fovea
