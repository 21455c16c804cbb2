#include <algorithm>

#include "ops/facet_cpu.h"
#include "runtime/program.h"

namespace fovea::runtime {
namespace {

/// A value that its producer can write straight into a concatenation.
bool can_move(const PlanValue& value) {
  return value.inside < 0 && !value.is_view && !value.type.decision;
}

void place_parts(Program& program, const std::vector<char>& is_written) {
  for_each_step(program.steps, [&](Step& step) {
    if (step.node->op->name != "concat") return;
    int64_t before = 0;
    for (const int part : step.inputs) {
      PlanValue& value = program.values[static_cast<size_t>(part)];
      const int64_t outer = value.type.shape[0];
      if (can_move(value) && is_written[static_cast<size_t>(part)] != 0) {
        value.inside = step.outputs[0];
        value.outer_before = before;
      }
      before += outer;
    }
  });
}

int root_index(const Program& program, int value) {
  while (program.values[static_cast<size_t>(value)].inside >= 0)
    value = program.values[static_cast<size_t>(value)].inside;
  return value;
}

}  // namespace

void place_values(Program& program) {
  std::vector<char> is_written(program.values.size(), 0);
  for_each_step(program.steps, [&](const Step& step) {
    for (const int out : step.outputs) is_written[static_cast<size_t>(out)] = 1;
  });
  place_parts(program, is_written);
  // All values of a buffer share one gap: the largest that a consumer of any of them wants.
  std::vector<int64_t> gaps(program.values.size(), 0);
  for_each_step(program.steps, [&](const Step& step) {
    const CpuOp* op = find_cpu_op(step.node->op->name);
    if (op == nullptr || op->wanted_gap == nullptr) return;
    static const std::vector<Param> kNoParams;
    const NodeView view(*step.node, *step.block, kNoParams);
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      auto& gap = gaps[static_cast<size_t>(root_index(program, step.inputs[i]))];
      gap = std::max(gap, op->wanted_gap(view, static_cast<int>(i)));
    }
  });
  for (size_t v = 0; v < program.values.size(); ++v) {
    PlanValue& value = program.values[v];
    value.gap = gaps[static_cast<size_t>(root_index(program, static_cast<int>(v)))];
    value.layout = value.type.decision ? PlaneLayout::of(Shape{1}, 0)
                                       : PlaneLayout::of(value.type.shape, value.gap);
  }
}

}  // namespace fovea::runtime
