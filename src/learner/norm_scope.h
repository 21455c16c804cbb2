// Over which samples of a step batch normalisation takes its statistics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "learner/recipe.h"
#include "ops/facet_torch.h"

namespace fovea {

struct NormScope {
  enum class Over : uint8_t {
    kPart,   ///< a replica's
    kBatch,  ///< the step's, of all processes: one replica, whose operators use the threads
  };
  Over over = Over::kPart;
  BatchPeers* peers = nullptr;  ///< with kBatch, whose statistics are joined; may be one alone
};

/// Why the fast path cannot normalise so, or nothing.
[[nodiscard]] std::optional<std::string> norm_obstacle(const NormScope& norm);

/// Throws Error (kUsage) where processes would wait for each other in different layers.
void check_norm(const NormScope& norm, const Graph& graph, const Stage& stage);

}  // namespace fovea
