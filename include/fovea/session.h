// Runs a plan.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "fovea/executor.h"
#include "fovea/plan.h"

namespace fovea {

namespace runtime {
class SessionImpl;
}

enum class Profile : uint8_t { kOff, kSteps };

struct SessionOptions {
  int threads = 1;                  ///< samples are spread over this many threads
  Profile profile = Profile::kOff;  ///< kSteps: time of every step is kept
};

/// Runs one plan. Sessions share a plan, never memory.
///
/// A batch runs in chunks of at most the plan's micro-batch; after each asked exit the survivors
/// are packed again across chunks, and a sample that has left is never computed. A sample's answer
/// has the same bits alone, in any batch, at any micro-batch and thread count.
/// Thread-safety: one run at a time for each session.
class Session final : public Executor {
 public:
  explicit Session(std::shared_ptr<const Plan> plan, const SessionOptions& options = {});
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session() override;
  [[nodiscard]] const Graph& graph() const override;
  Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) override;

  /// Profile::kSteps: milliseconds spent in each step of PlanReport::steps since the last call.
  [[nodiscard]] std::vector<double> take_step_ms();

 private:
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<runtime::SessionImpl> impl_;
};

}  // namespace fovea
