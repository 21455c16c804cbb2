// What a Plan holds; sessions read it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fovea/plan.h"
#include "ops/cpu/isa.h"
#include "runtime/program.h"
#include "runtime/schedule.h"

namespace fovea::runtime {

class PlanImpl {
 public:
  PlanImpl(const Graph& graph, const NamedTensors& params, const PlanOptions& options);

  [[nodiscard]] const Graph& graph() const { return graph_; }
  [[nodiscard]] const Program& program() const { return program_; }
  [[nodiscard]] int micro_batch() const { return micro_batch_; }
  [[nodiscard]] cpu::Isa isa() const { return isa_; }
  [[nodiscard]] const std::vector<std::string>& tap_names() const { return options_.taps; }
  [[nodiscard]] const std::vector<ValueId>& taps() const { return taps_; }
  /// Made at the first call for a set of exits and kept. Thread-safe.
  [[nodiscard]] std::shared_ptr<const Schedule> schedule(const std::vector<int>& asked) const;

 private:
  void choose_kernels(std::vector<Step>& steps);
  void choose_kernel(Step& step) const;

  Graph graph_;
  PlanOptions options_;
  cpu::Isa isa_;
  std::vector<ValueId> taps_;
  Program program_;
  int micro_batch_ = 1;
  mutable std::mutex mutex_;
  mutable std::map<std::vector<int>, std::shared_ptr<const Schedule>> schedules_;
};

/// Blocks that a session holds for micro-batch M: those being computed and those waiting for mates.
constexpr int blocks_of(int micro_batch) { return 3 * micro_batch; }

}  // namespace fovea::runtime
