#include "learner/norm_scope.h"

namespace fovea {

std::optional<std::string> norm_obstacle(const NormScope& norm) {
  if (norm.over == NormScope::Over::kPart) return std::nullopt;
  return "run.sync_norm in several processes or threads";
}

void check_norm(const NormScope& norm, const Graph& graph, const Stage& stage) {
  if (norm.peers == nullptr || stage.mode != "compact") return;
  for (const Node& node : graph.main().nodes) {
    if (node.bodies.empty()) continue;
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "statistics cannot be synchronised where processes choose other routes",
                 .where = "run.sync_norm",
                 .expected = "stage.mode soft or masked",
                 .found = "compact, with routes at '" + node.name + "'"});
  }
}

}  // namespace fovea
