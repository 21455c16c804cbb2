#include "learner/collective.h"

namespace fovea {

Result<std::unique_ptr<Collective>> connect(const Launch& launch, const at::Device& /*device*/,
                                            const CollectiveTimes& /*times*/) {
  return ErrorInfo{.kind = ErrorKind::kNotInBuild,
                   .what = "training in several processes is not in this build",
                   .where = launch.launcher,
                   .expected = "a LibTorch with c10d and Gloo, and Gloo's headers (libgloo-dev)",
                   .found = std::to_string(launch.size) + " processes",
                   .hint = "start one process"};
}

}  // namespace fovea
