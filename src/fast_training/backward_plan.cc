#include "fast_training/backward_plan.h"

#include <algorithm>

namespace fovea::fast {
namespace {

/// Whether a trained parameter is behind a value, by ValueId.
std::vector<char> need_gradients(const Graph& graph, const std::vector<ParamBuffer>& params) {
  std::vector<char> needed(graph.main().values.size(), 0);
  for (const Node& node : graph.main().nodes) {
    const bool any =
        std::any_of(node.inputs.begin(), node.inputs.end(),
                    [&](ValueId id) { return needed[static_cast<size_t>(id)] != 0; }) ||
        std::any_of(node.params.begin(), node.params.end(),
                    [&](ParamId id) { return params[static_cast<size_t>(id)].grad != nullptr; });
    for (const ValueId id : node.outputs) needed[static_cast<size_t>(id)] = any ? 1 : 0;
  }
  return needed;
}

/// Gradients of an exit's logits into a value's; lanes that are no samples get zeros.
void load_rows(const float* rows, const StepContext& context, const Maps& maps, Write write) {
  const Samples& samples = context.samples;
  for (int64_t i = 0; i < samples.groups * samples.lanes; ++i) {
    float* dst = maps.data + i / samples.lanes * maps.group + i % samples.lanes;
    for (int64_t c = 0; c < maps.c; ++c, dst += maps.plane) {
      const float grad = i < samples.n && rows != nullptr ? rows[i * maps.c + c] : 0.0F;
      *dst = write == Write::kSet ? grad : *dst + grad;
    }
  }
}

}  // namespace

class BackwardPlan::Planner final : public BackwardPlanner {
 public:
  Planner(BackwardPlan& plan, const Layout& layout, std::vector<char> needed)
      : plan_(plan), layout_(layout), needed_(std::move(needed)) {
    for (int root = 0; root < layout.n_roots(); ++root) {
      written_.emplace_back(static_cast<size_t>(layout.root(root).c), 0);
    }
  }

  /// Position on the way back: 0 is the exits, step i of n is n − i.
  void go_to(size_t step, int position) {
    step_ = step;
    position_ = position;
  }

  bool source(ValueId id) override {
    if (needed_[static_cast<size_t>(id)] == 0) return false;
    const int64_t count = layout_.extents(id).c;
    if (n_written(id, 0, count) == 0) return false;
    touch(id);
    clear_unwritten(id, 0, count);
    return true;
  }

  std::optional<Write> target(ValueId id, int64_t first, int64_t count) override {
    if (needed_[static_cast<size_t>(id)] == 0) return std::nullopt;
    if (count < 0) count = layout_.extents(id).c;
    touch(id);
    if (n_written(id, first, count) == 0) {
      mark(id, first, count);
      return Write::kSet;
    }
    clear_unwritten(id, first, count);
    return Write::kAdd;
  }

  std::optional<Write> replacement(ValueId id) override {
    if (needed_[static_cast<size_t>(id)] == 0) return std::nullopt;
    touch(id);
    mark(id, 0, layout_.extents(id).c);
    return Write::kSet;
  }

 private:
  char* flags(ValueId id, int64_t first) {
    const Place place = layout_.gradient(id);
    return written_[static_cast<size_t>(place.root)].data() + place.channel + first;
  }
  int64_t n_written(ValueId id, int64_t first, int64_t count) {
    return std::count(flags(id, first), flags(id, first) + count, char{1});
  }
  void mark(ValueId id, int64_t first, int64_t count) { std::fill_n(flags(id, first), count, 1); }
  void touch(ValueId id) {
    Lifetime& life = plan_.lifetimes_[static_cast<size_t>(layout_.gradient(id).root)];
    if (life.first < 0) life.first = position_;
    life.last = position_;
  }
  void clear_unwritten(ValueId id, int64_t first, int64_t count) {
    const char* written = flags(id, first);
    for (int64_t c = 0; c < count; ++c) {
      if (written[c] == 0) plan_.clearings_.push_back({step_, id, first + c, 1});
    }
    mark(id, first, count);
  }

  BackwardPlan& plan_;
  const Layout& layout_;
  std::vector<char> needed_;
  std::vector<std::vector<char>> written_;  ///< by root and channel
  size_t step_ = 0;
  int position_ = 0;
};

BackwardPlan::BackwardPlan(const Graph& graph, const Layout& layout,
                           const std::vector<ParamBuffer>& params,
                           const std::vector<std::unique_ptr<Step>>& steps)
    : graph_(&graph), steps_(&steps), lifetimes_(static_cast<size_t>(layout.n_roots())) {
  Planner planner(*this, layout, need_gradients(graph, params));
  planner.go_to(steps.size(), 0);
  for (int exit = 0; exit < graph.n_exits(); ++exit) {
    exits_.push_back(planner.target(graph.exit_logits(exit), 0, -1));
  }
  for (size_t i = steps.size(); i-- > 0;) {
    planner.go_to(i, static_cast<int>(steps.size() - i));
    steps[i]->plan_backward(planner);
  }
}

void BackwardPlan::clear_before(size_t step, const StepContext& context, size_t& next) const {
  for (; next < clearings_.size() && clearings_[next].step == step; ++next) {
    const Maps maps = context.memory.gradient(clearings_[next].id);
    for (int64_t g = 0; g < context.samples.groups; ++g) {
      std::fill_n(maps.data + g * maps.group + clearings_[next].first * maps.plane,
                  clearings_[next].count * maps.plane, 0.0F);
    }
  }
}

void BackwardPlan::run(const StepContext& context,
                       std::span<const float* const> logit_grads) const {
  size_t next = 0;
  clear_before(steps_->size(), context, next);
  for (size_t exit = 0; exit < exits_.size(); ++exit) {
    if (!exits_[exit]) continue;
    load_rows(logit_grads[exit], context,
              context.memory.gradient(graph_->exit_logits(static_cast<int>(exit))), *exits_[exit]);
  }
  for (size_t i = steps_->size(); i-- > 0;) {
    clear_before(i, context, next);
    (*steps_)[i]->backward(context);
  }
}

}  // namespace fovea::fast
