// The learner as an executor: LibTorch on CPU or GPU, all modes; free of LibTorch itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fovea/executor.h"
#include "ops/facet_ref.h"

namespace fovea {

struct LearnerExecutorOptions {
  std::vector<std::string> taps;  ///< values of the main block that are reported
  /// kMasked and kSoft compute everything for everybody; kCompact only what decisions chose.
  Mode mode = Mode::kCompact;
  std::string device = "cpu";  ///< LibTorch's name: cpu, cuda, cuda:1
  int threads = 0;             ///< of LibTorch's operators, process-wide; 0: as they are
};

/// Answers of a sample alone and in a batch differ by at most float noise (1e-5). Throws Error:
/// kBadInput for parameters that do not fit, kUsage for an unknown tap or device name, kNotInBuild
/// for a device that this LibTorch or machine lacks.
[[nodiscard]] std::unique_ptr<Executor> make_learner_executor(
    const Graph& graph, const NamedTensors& params, const LearnerExecutorOptions& options = {});

}  // namespace fovea
