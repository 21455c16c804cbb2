// The reference executor: plain loops, any operator; the oracle of every test.
#pragma once

#include <string>
#include <vector>

#include "fovea/executor.h"
#include "ops/facet_ref.h"

namespace fovea {

struct ReferenceOptions {
  std::vector<std::string> taps;  ///< values of the main block that are reported
  /// kMasked and kSoft compute everything for everybody; kCompact only what decisions chose.
  Mode mode = Mode::kCompact;
};

/// Sums in double, rounds each value to float32; a sample's result never depends on its batch
/// mates. Slow on purpose. Not thread-safe; construction throws Error.
class ReferenceExecutor final : public Executor {
 public:
  ReferenceExecutor(const Graph& graph, const NamedTensors& params, ReferenceOptions options = {});
  [[nodiscard]] const Graph& graph() const override { return graph_; }
  Status run(const NamedTensors& inputs, const RunOptions& options, Outputs& outputs) override;

 private:
  Graph graph_;
  std::vector<Tensor> params_;  ///< by ParamId
  ReferenceOptions options_;
  std::vector<ValueId> tap_values_;
};

}  // namespace fovea
