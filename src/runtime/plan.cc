#include "fovea/plan.h"

#include <algorithm>

#include "fovea/policy.h"
#include "graph/cost.h"
#include "graph/params.h"
#include "ops/cpu/isa.h"
#include "runtime/plan_impl.h"
#include "runtime/reference_kernel.h"

namespace fovea {
namespace runtime {
namespace {

/// A micro-batch whose blocks stay within the second-level cache of common processors pays most;
/// more than four samples gain little on weights and lose it on activations.
int chosen_micro_batch(int64_t block_floats) {
  constexpr int64_t kCacheFloats = (int64_t{4} << 20) / 4;
  return static_cast<int>(
      std::clamp<int64_t>(kCacheFloats / std::max<int64_t>(block_floats, 1), 1, 4));
}

}  // namespace

PlanImpl::PlanImpl(const Graph& graph, const NamedTensors& params, const PlanOptions& options)
    : graph_(graph), options_(options), isa_(cpu::find_isa(options.isa)) {
  if (options.micro_batch < 0 || options.micro_batch > kMaxLanes) {
    throw Error({.kind = ErrorKind::kUsage,
                 .what = "no such micro-batch",
                 .expected = "1 to " + std::to_string(kMaxLanes),
                 .found = std::to_string(options.micro_batch)});
  }
  taps_ = tap_values(graph_, options_.taps);
  program_ = lower(graph_, params_by_id(graph_, params), taps_);
  place_values(program_);
  choose_kernels(program_.steps);
  const std::shared_ptr<const Schedule> all = schedule(every_exit(graph_).asked);
  micro_batch_ =
      options.micro_batch > 0 ? options.micro_batch : chosen_micro_batch(all->block_floats);
}

void PlanImpl::choose_kernels(std::vector<Step>& steps) {
  for_each_step(steps, [this](Step& step) {
    choose_kernel(step);
    // Kernels hold packed copies; the plan does not keep the parameters twice.
    step.params.clear();
    step.bias.reset();
  });
}

void PlanImpl::choose_kernel(Step& step) const {
  std::vector<ValueRef> in;
  std::vector<ValueRef> out;
  for (const int v : step.inputs)
    in.push_back({.layout = program_.values[static_cast<size_t>(v)].layout});
  for (const int v : step.outputs)
    out.push_back({.layout = program_.values[static_cast<size_t>(v)].layout});
  const KernelRequest request{.node = NodeView(*step.node, *step.block, graph_.params()),
                              .in = in,
                              .out = out,
                              .params = step.params,
                              .bias = step.bias ? &*step.bias : nullptr,
                              .activation = step.activation,
                              .isa = cpu::isa_name(isa_)};
  if (const CpuOp* op = find_cpu_op(step.node->op->name)) {
    for (const KernelEntry& entry : op->kernels) {
      std::string refusal;
      if (!entry.batch_invariant) {
        refusal = "not proven independent of the batch";
      } else {
        step.kernel = entry.make(request, refusal);
      }
      if (step.kernel) {
        step.kernel_name = entry.name;
        return;
      }
      step.refused.push_back(std::string(entry.name) + ": " + refusal);
    }
  }
  step.kernel = reference_kernel(request);
  step.kernel_name = "reference";
  if (!step.kernel) {
    throw Error(
        {.kind = ErrorKind::kNotInBuild,
         .what = "no kernel for " + std::string(step.node->op->name),
         .where = "node " + step.name,
         .found = step.refused.empty() ? std::string("no CPU facet") : step.refused.back()});
  }
}

std::shared_ptr<const Schedule> PlanImpl::schedule(const std::vector<int>& asked) const {
  const std::lock_guard lock(mutex_);
  auto& slot = schedules_[asked];
  if (!slot) slot = std::make_shared<const Schedule>(make_schedule(graph_, program_, asked, taps_));
  return slot;
}

}  // namespace runtime

Plan::Plan(std::unique_ptr<const runtime::PlanImpl> impl) : impl_(std::move(impl)) {}
Plan::~Plan() = default;

std::shared_ptr<const Plan> Plan::make(const Graph& graph, const NamedTensors& params,
                                       const PlanOptions& options) {
  return std::make_shared<const Plan>(
      std::make_unique<const runtime::PlanImpl>(graph, params, options));
}

const Graph& Plan::graph() const { return impl_->graph(); }

PlanReport Plan::report() const {
  const runtime::PlanImpl& plan = *impl_;
  PlanReport report{.isa = std::string(cpu::isa_name(plan.isa())),
                    .micro_batch = plan.micro_batch()};
  const std::vector<int> all = every_exit(plan.graph()).asked;
  const auto schedule = plan.schedule(all);
  report.block_bytes = schedule->block_floats * static_cast<int64_t>(sizeof(float));
  report.session_bytes = report.block_bytes * runtime::blocks_of(plan.micro_batch()) +
                         schedule->scratch_floats * static_cast<int64_t>(sizeof(float));
  report.steps.resize(static_cast<size_t>(plan.program().n_steps));
  for (const auto& segment : schedule->segments) {
    const auto describe = [&](const auto& self, const runtime::ScheduledStep& scheduled) -> void {
      for (const auto& body : scheduled.bodies) {
        for (const auto& inner : body) self(self, inner);
      }
      const runtime::Step& step = *scheduled.step;
      const PlaneLayout& layout = scheduled.out[0].layout;
      StepReport& out = report.steps[static_cast<size_t>(step.index)];
      out = {.name = step.name,
             .op = std::string(step.node->op->name),
             .kernel = step.kernel_name,
             .refused = step.refused,
             .segment = segment.exit,
             .macs = node_cost(*step.node, *step.block, plan.graph().params()).macs,
             .constant_bytes = step.kernel->constant_bytes(),
             .layout = std::to_string(layout.channels) + "x" + std::to_string(layout.height) + "x" +
                       std::to_string(layout.width) +
                       (layout.gap > 0 ? "+" + std::to_string(layout.gap) : "")};
      report.constant_bytes += out.constant_bytes;
    };
    for (const runtime::ScheduledStep& step : segment.steps) describe(describe, step);
  }
  return report;
}

}  // namespace fovea
