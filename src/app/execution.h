// Which executor runs a network, on how many threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/network.h"
#include "app/verb.h"
#include "fovea/executor.h"

namespace fovea::app {

enum class ExecutorKind : uint8_t { kRuntime, kReference, kLearner };

/// --executor, --threads.
[[nodiscard]] OptionSpecs executor_options();
/// --batch.
[[nodiscard]] OptionSpecs batch_options();

/// How a verb runs its network.
struct Execution {
  ExecutorKind kind = ExecutorKind::kRuntime;
  int threads = 1;
  int micro_batch = 0;            ///< of the runtime's plan; 0: chosen from the sizes
  std::vector<std::string> taps;  ///< values reported beside the answers
};

/// What --executor and --threads say. Where the learner is wanted and not linked, the program
/// becomes the one that has it: call this before anything is done. Throws Error (kUsage).
[[nodiscard]] Execution execution_from(const Context& context, const Arguments& arguments);

/// Throws Error where weights do not fit or a tap is unknown.
[[nodiscard]] std::unique_ptr<Executor> make_executor(const Context& context,
                                                      const Network& network,
                                                      const Execution& execution);

[[nodiscard]] std::string_view executor_name(ExecutorKind kind);

}  // namespace fovea::app
