#include "runtime/schedule.h"

#include <algorithm>

#include "graph/cost.h"

namespace fovea::runtime {
namespace {

/// Times at which a buffer is first written and last touched.
struct Life {
  int first = -1;
  int last = -1;
  int64_t floats = 0;
  int64_t offset = 0;
  void touch(int time) {
    if (first < 0) first = time;
    last = std::max(last, time);
  }
};

constexpr int64_t kAlign = 16;
int64_t aligned(int64_t floats) { return (floats + kAlign - 1) / kAlign * kAlign; }

class Scheduler {
 public:
  Scheduler(const Graph& graph, const Program& program)
      : graph_(graph), program_(program), lives_(program.values.size()) {}

  Schedule make(std::span<const int> asked, std::span<const ValueId> taps) {
    choose(asked);
    measure_lives(asked, taps);
    place_buffers();
    Schedule out;
    out.block_floats = block_floats_ + kVectorSlack;
    for (const ValueId id : graph_.main().inputs) {
      const int value = main_value(id);
      if (!alive(value)) continue;
      ScheduledInput input{
          .value = id, .place = ref(value), .borders = borders_of(std::span(&value, 1))};
      add_taps(id, taps, input.taps);
      out.inputs.push_back(std::move(input));
    }
    for (size_t s = 0; s < asked.size(); ++s) {
      Segment segment{.exit = asked[s], .logits = ref(main_value(graph_.exit_logits(asked[s])))};
      for (const Step* step : chosen_[s]) {
        segment.steps.push_back(scheduled(*step, out.scratch_floats));
        std::vector<ScheduledTap> after;
        for (size_t t = 0; t < taps.size(); ++t) {
          if (produces(*step, main_value(taps[t])))
            after.push_back({static_cast<int>(t), ref(main_value(taps[t]))});
        }
        segment.taps.push_back(std::move(after));
      }
      out.segments.push_back(std::move(segment));
    }
    return out;
  }

 private:
  [[nodiscard]] int main_value(ValueId id) const {
    return program_.main_values[static_cast<size_t>(id)];
  }
  [[nodiscard]] int root(int value) const { return program_.root_of(value).first; }
  [[nodiscard]] bool alive(int value) const {
    return lives_[static_cast<size_t>(root(value))].first >= 0;
  }

  /// The step that writes a value, or whose result a view looks at.
  [[nodiscard]] bool produces(const Step& step, int value) const {
    while (program_.values[static_cast<size_t>(value)].is_view)
      value = program_.values[static_cast<size_t>(value)].inside;
    return std::find(step.outputs.begin(), step.outputs.end(), value) != step.outputs.end();
  }

  void add_taps(ValueId id, std::span<const ValueId> taps, std::vector<ScheduledTap>& out) const {
    for (size_t t = 0; t < taps.size(); ++t) {
      int value = main_value(taps[t]);
      while (program_.values[static_cast<size_t>(value)].is_view)
        value = program_.values[static_cast<size_t>(value)].inside;
      if (value == main_value(id)) out.push_back({static_cast<int>(t), ref(main_value(taps[t]))});
    }
  }

  void choose(std::span<const int> asked) {
    std::vector<char> taken(program_.steps.size(), 0);
    for (size_t s = 0; s < asked.size(); ++s) {
      const std::vector<char> needed = needed_by(graph_, asked.subspan(0, s + 1));
      std::vector<const Step*> steps;
      for (size_t k = 0; k < program_.steps.size(); ++k) {
        const Step& step = program_.steps[k];
        if (taken[k] != 0 || needed[static_cast<size_t>(step.main_node)] == 0) continue;
        taken[k] = 1;
        steps.push_back(&step);
      }
      chosen_.push_back(std::move(steps));
    }
  }

  void touch(int value, int time) { lives_[static_cast<size_t>(root(value))].touch(time); }

  /// Numbers the steps in the order of execution, those of bodies before their step's end.
  void live_through(const Step& step, int& time) {
    for (const int in : step.inputs) touch(in, time);
    for (const StepBody& body : step.bodies) {
      for (const Step& inner : body.steps) live_through(inner, ++time);
    }
    ++time;
    for (const int in : step.inputs) touch(in, time);
    for (const StepBody& body : step.bodies) {
      for (const int result : body.results) touch(result, time);
    }
    for (const int out : step.outputs) touch(out, time);
  }

  void measure_lives(std::span<const int> asked, std::span<const ValueId> taps) {
    std::vector<char> read(program_.values.size(), 0);
    const auto mark = [&](int value) { read[static_cast<size_t>(root(value))] = 1; };
    for (const auto& steps : chosen_) {
      for (const Step* step : steps) std::for_each(step->inputs.begin(), step->inputs.end(), mark);
    }
    for (const int exit : asked) mark(main_value(graph_.exit_logits(exit)));
    for (const ValueId id : taps) mark(main_value(id));
    int time = 0;
    for (const ValueId id : graph_.main().inputs) {
      if (read[static_cast<size_t>(root(main_value(id)))] != 0) touch(main_value(id), time);
    }
    for (size_t s = 0; s < asked.size(); ++s) {
      for (const Step* step : chosen_[s]) live_through(*step, ++time);
      ++time;
      touch(main_value(graph_.exit_logits(asked[s])), time);
    }
    for (size_t v = 0; v < lives_.size(); ++v) {
      const PlaneLayout& layout = program_.values[v].layout;
      lives_[v].floats = aligned(layout.lead()) + aligned(layout.floats());
    }
  }

  /// Greedy by size: each buffer takes the lowest place that no buffer alive at the same time has.
  void place_buffers() {
    std::vector<Life*> order;
    for (Life& life : lives_) {
      if (life.first >= 0) order.push_back(&life);
    }
    std::stable_sort(order.begin(), order.end(),
                     [](const Life* a, const Life* b) { return a->floats > b->floats; });
    std::vector<const Life*> placed;  // by offset
    for (Life* life : order) {
      int64_t at = 0;
      for (const Life* other : placed) {
        const bool together = other->first <= life->last && life->first <= other->last;
        if (!together || other->offset + other->floats <= at) continue;
        if (at + life->floats <= other->offset) break;
        at = other->offset + other->floats;
      }
      life->offset = at;
      block_floats_ = std::max(block_floats_, at + life->floats);
      placed.insert(
          std::upper_bound(placed.begin(), placed.end(), life,
                           [](const Life* a, const Life* b) { return a->offset < b->offset; }),
          life);
    }
  }

  [[nodiscard]] ValueRef ref(int value) const {
    const auto [host, before] = program_.root_of(value);
    const Life& life = lives_[static_cast<size_t>(host)];
    const int64_t lead = aligned(program_.values[static_cast<size_t>(host)].layout.lead());
    return {.offset = life.offset + lead + before,
            .layout = program_.values[static_cast<size_t>(value)].layout};
  }

  /// The zeros in front of a value's first plane: behind the last row of the plane before, or the
  /// lead of the buffer. They are written anew, for what stands before may not be written yet.
  [[nodiscard]] std::vector<Border> borders_of(std::span<const int> values) const {
    std::vector<Border> out;
    for (const int value : values) {
      const ValueRef place = ref(value);
      const int64_t floats = place.layout.gap * place.layout.row_stride + place.layout.gap;
      if (floats > 0) out.push_back({place.offset - floats, floats});
    }
    return out;
  }

  ScheduledStep scheduled(const Step& step, int64_t& scratch) const {
    ScheduledStep out{.step = &step, .borders = borders_of(step.outputs)};
    scratch = std::max(scratch, step.kernel->scratch_floats());
    for (const int in : step.inputs) out.in.push_back(ref(in));
    for (const int value : step.outputs) out.out.push_back(ref(value));
    for (const StepBody& body : step.bodies) {
      std::vector<ScheduledStep> steps;
      for (const Step& inner : body.steps) steps.push_back(scheduled(inner, scratch));
      out.bodies.push_back(std::move(steps));
      std::vector<ValueRef> results;
      for (const int result : body.results) results.push_back(ref(result));
      out.body_results.push_back(std::move(results));
    }
    return out;
  }

  const Graph& graph_;
  const Program& program_;
  std::vector<Life> lives_;
  std::vector<std::vector<const Step*>> chosen_;
  int64_t block_floats_ = 0;
};

}  // namespace

Schedule make_schedule(const Graph& graph, const Program& program, std::span<const int> asked,
                       std::span<const ValueId> taps) {
  return Scheduler(graph, program).make(asked, taps);
}

}  // namespace fovea::runtime
