// A network prepared for the CPU: made once, shared read-only by threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fovea/graph.h"
#include "fovea/tensor.h"

namespace fovea {

struct PlanOptions {
  int micro_batch = 0;            ///< samples computed together, 1 to 64; 0: chosen from the sizes
  std::vector<std::string> taps;  ///< values reported beside the answers; fusions do not cross them
  std::string isa;  ///< instruction set by name ("AVX3", "AVX2", …); empty: the best
};

/// Why a node runs on the kernel it runs on, for `fovea plan --explain`.
struct StepReport {
  std::string name;  ///< node, with what was fused behind it
  std::string op;
  std::string kernel;
  std::vector<std::string> refused;  ///< "KERNEL: reason", best first
  int segment = 0;                   ///< exit that needs it first, among all exits
  int64_t macs = 0;                  ///< per sample
  int64_t constant_bytes = 0;
  std::string layout;  ///< of the result
};

struct PlanReport {
  std::string isa;
  int micro_batch = 1;
  int64_t constant_bytes = 0;  ///< packed weights and tables, shared by all sessions
  int64_t block_bytes = 0;     ///< activations of one sample in flight, all exits asked
  int64_t session_bytes = 0;   ///< all a session holds
  std::vector<StepReport> steps;
};

namespace runtime {
class PlanImpl;
}

/// Kernels, packed constants and memory plans of one network.
/// Construction throws Error (kBadInput: parameters that do not fit; kUsage: unknown taps or
/// options). Thread-safety: immutable.
class Plan {
 public:
  static std::shared_ptr<const Plan> make(const Graph& graph, const NamedTensors& params,
                                          const PlanOptions& options = {});
  explicit Plan(std::unique_ptr<const runtime::PlanImpl> impl);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan();
  [[nodiscard]] const Graph& graph() const;
  [[nodiscard]] PlanReport report() const;
  [[nodiscard]] const runtime::PlanImpl& impl() const { return *impl_; }

 private:
  std::unique_ptr<const runtime::PlanImpl> impl_;
};

}  // namespace fovea
