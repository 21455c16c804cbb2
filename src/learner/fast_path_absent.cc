#include "learner/fast_path.h"

namespace fovea {

std::optional<std::string> fast_path_obstacle(const Graph& /*graph*/) {
  return "a build without FOVEA_FAST_TRAINING";
}

std::unique_ptr<FastPath> make_fast_path(const Graph& graph,
                                         const std::vector<at::Tensor>& /*params*/) {
  throw Error({.kind = ErrorKind::kNotInBuild,
               .what = "the fast path is not in this build",
               .where = graph.name(),
               .expected = "FOVEA_FAST_TRAINING"});
}

}  // namespace fovea
