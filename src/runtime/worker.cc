#include "runtime/worker.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <new>

#include "graph/score.h"
#include "ops/cpu/simple.h"
#include "ops/exit/exit.h"

namespace fovea::runtime {
namespace {

constexpr size_t kAlignment = 64;

std::unique_ptr<float, void (*)(void*)> allocate(int64_t floats) {
  const size_t bytes =
      (static_cast<size_t>(floats) * sizeof(float) + kAlignment - 1) / kAlignment * kAlignment;
  auto* memory = static_cast<float*>(std::aligned_alloc(kAlignment, std::max(bytes, kAlignment)));
  if (memory == nullptr) throw std::bad_alloc();
  return {memory, std::free};
}

double ms_between(std::chrono::steady_clock::time_point a,
                  std::chrono::steady_clock::time_point b) {
  return std::chrono::duration<double, std::milli>(b - a).count();
}

}  // namespace

/// Runs the bodies of one scheduled step.
class Worker::Bodies final : public BodyRunner {
 public:
  Bodies(Worker& worker, RunShared& shared, const ScheduledStep& step)
      : worker_(worker), shared_(shared), step_(step) {}
  void run(int body, const Lanes& lanes) override {
    const auto i = static_cast<size_t>(body);
    worker_.body_cells_[step_.step->node->name + "/" + step_.step->bodies[i].name] += lanes.n;
    for (const ScheduledStep& inner : step_.bodies[i]) worker_.run_step(shared_, inner, lanes);
  }
  [[nodiscard]] std::span<const ValueRef> results(int body) const override {
    return step_.body_results[static_cast<size_t>(body)];
  }

 private:
  Worker& worker_;
  RunShared& shared_;
  const ScheduledStep& step_;
};

Worker::Worker(const PlanImpl& plan, Profile profile)
    : plan_(plan), profile_(profile), memory_(nullptr, std::free), scratch_(nullptr, std::free) {
  const auto m = static_cast<size_t>(plan.micro_batch());
  slots_.resize(static_cast<size_t>(blocks_of(plan.micro_batch())));
  free_.reserve(slots_.size());
  chunk_.reserve(m);
  lane_blocks_.resize(m);
  lane_samples_.resize(m);
  lane_macs_.resize(m);
  if (profile == Profile::kSteps) step_ms_.resize(static_cast<size_t>(plan.program().n_steps));
}

void Worker::reserve(const Schedule& schedule) {
  // A block's size differs between schedules; the memory only ever grows.
  block_floats_ = (schedule.block_floats + 15) / 16 * 16;
  const int64_t wanted = block_floats_ * static_cast<int64_t>(slots_.size()) + kVectorSlack;
  if (wanted > memory_floats_) {
    memory_ = allocate(wanted);
    memory_floats_ = wanted;
  }
  if (schedule.scratch_floats + kVectorSlack > scratch_floats_) {
    scratch_floats_ = schedule.scratch_floats + kVectorSlack;
    scratch_ = allocate(scratch_floats_);
  }
  free_.clear();
  for (size_t i = slots_.size(); i-- > 0;) free_.push_back(static_cast<int>(i));
  if (queues_.size() < schedule.segments.size()) queues_.resize(schedule.segments.size());
  for (auto& queue : queues_) {
    queue.clear();
    queue.reserve(slots_.size());
  }
}

size_t Worker::next_segment(const RunShared& shared, int64_t unread) const {
  const size_t n = shared.schedule->segments.size();
  const auto m = static_cast<size_t>(plan_.micro_batch());
  for (size_t s = n; s-- > 0;) {
    if (queues_[s].size() >= m) return s;
  }
  // Nothing full: read more where there is more and a place for it.
  if (unread > 0 && !free_.empty()) return n;
  size_t best = n;
  for (size_t s = 0; s < n; ++s) {
    if (queues_[s].empty()) continue;
    if (unread == 0) return s;  // the shallowest: its survivors fill the queues behind it
    if (best == n || queues_[s].size() > queues_[best].size()) best = s;
  }
  return best;
}

void Worker::run(RunShared& shared) {
  if (shared.ledger != nullptr) thread_times_ = {.begin = Clock::now()};
  reserve(*shared.schedule);
  work_ = {};
  body_cells_.clear();
  times_.assign(shared.schedule->segments.size(), {});
  for (size_t s = 0; s < times_.size(); ++s) times_[s].exit = shared.schedule->segments[s].exit;
  while (true) {
    const int64_t unread =
        std::max<int64_t>(0, shared.n - shared.next.load(std::memory_order_relaxed));
    const size_t segment = next_segment(shared, unread);
    if (segment < shared.schedule->segments.size()) {
      run_segment(shared, segment,
                  std::min(static_cast<int>(queues_[segment].size()), plan_.micro_batch()));
    } else if (unread > 0) {
      // Small batches are shared fairly between the threads.
      const int64_t fair = (unread + shared.threads - 1) / shared.threads;
      const int64_t room =
          std::min<int64_t>(plan_.micro_batch() - static_cast<int64_t>(queues_[0].size()),
                            static_cast<int64_t>(free_.size()));
      take_samples(shared, static_cast<int>(std::min(fair, room)));
    } else {
      break;
    }
  }
  if (shared.ledger != nullptr) thread_times_.end = Clock::now();
}

void Worker::take_samples(RunShared& shared, int count) {
  const int64_t begin = shared.next.fetch_add(count);
  const int64_t end = std::min(begin + count, shared.n);
  const Clock::time_point now = Clock::now();
  for (int64_t sample = begin; sample < end; ++sample) {
    const int slot = free_.back();
    free_.pop_back();
    slots_[static_cast<size_t>(slot)] = {
        .sample = sample, .macs = 0, .agreement = {}, .start = now};
    float* base = block(slot);
    int64_t* macs = &slots_[static_cast<size_t>(slot)].macs;
    const Lanes lane{.blocks = &base, .samples = &sample, .macs = &macs, .n = 1};
    for (const ScheduledInput& input : shared.schedule->inputs) {
      for (const Border& border : input.borders) {
        std::memset(base + border.offset, 0, static_cast<size_t>(border.floats) * sizeof(float));
      }
      const Value& value = plan_.graph().main().value(input.value);
      const float* src =
          shared.inputs->find(value.name)->second.f() + sample * value.type.shape.numel();
      cpu::from_dense(plan_.isa(), lane, &src, input.place);
      copy_taps(shared, input.taps, lane);
    }
    queues_[0].push_back(slot);
  }
  if (shared.ledger != nullptr) enter_input(shared, now, std::max<int64_t>(0, end - begin));
}

void Worker::enter_input(const RunShared& shared, Clock::time_point begin, int64_t count) {
  const Clock::time_point now = Clock::now();
  thread_times_.input_ms += ms_between(begin, now);
  const std::vector<int>& queue = queues_[0];
  for (auto at = queue.end() - count; at != queue.end(); ++at) {
    InFlight& state = slots_[static_cast<size_t>(*at)];
    state.queued = now;
    shared.ledger->samples[static_cast<size_t>(state.sample)] = {
        .input_ms = ms_between(begin, now), .waiting_ms = ms_between(shared.start, begin)};
  }
}

void Worker::enter_chunk(const RunShared& shared, size_t segment, Clock::time_point begin,
                         Clock::time_point end) {
  const Clock::time_point now = Clock::now();
  thread_times_.decision_ms += ms_between(end, now);
  const size_t n_segments = shared.schedule->segments.size();
  // Slots of samples that have left are free, but nobody has taken them yet.
  for (const int slot : chunk_) {
    InFlight& state = slots_[static_cast<size_t>(slot)];
    const auto sample = static_cast<size_t>(state.sample);
    RunLedger::Sample& entry = shared.ledger->samples[sample];
    entry.waiting_ms += ms_between(state.queued, begin);
    entry.decision_ms += ms_between(end, now);
    entry.wall_ms = ms_between(shared.start, now);
    shared.ledger->segment_ms[sample * n_segments + segment] = ms_between(begin, end);
    state.queued = now;
  }
}

void Worker::run_step(RunShared& shared, const ScheduledStep& step, const Lanes& lanes) {
  for (const Border& border : step.borders) {
    for (int lane = 0; lane < lanes.n; ++lane) {
      std::memset(lanes.blocks[lane] + border.offset, 0,
                  static_cast<size_t>(border.floats) * sizeof(float));
    }
  }
  CpuCall call{
      .lanes = lanes, .in = step.in, .out = step.out, .scratch = scratch_.get(), .work = &work_};
  for (const auto& [name, point] : *shared.points) {
    if (name == step.step->node->name) call.point = &point;
  }
  const bool timed = profile_ == Profile::kSteps;
  const Clock::time_point begin = timed ? Clock::now() : Clock::time_point();
  if (step.bodies.empty()) {
    step.step->kernel->run(call);
  } else {
    Bodies bodies(*this, shared, step);
    call.bodies = &bodies;
    step.step->kernel->run(call);
  }
  if (timed) {
    step_ms_[static_cast<size_t>(step.step->index)] +=
        std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  }
}

void Worker::copy_taps(RunShared& shared, const std::vector<ScheduledTap>& taps,
                       const Lanes& lanes) {
  for (const ScheduledTap& tap : taps) {
    Tensor& out =
        shared.outputs->taps.find(plan_.tap_names()[static_cast<size_t>(tap.tap)])->second;
    const int64_t row = out.numel() / shared.n;
    std::array<float*, kMaxLanes> rows{};
    for (int lane = 0; lane < lanes.n; ++lane)
      rows[static_cast<size_t>(lane)] = out.f() + lanes.samples[lane] * row;
    cpu::to_dense(plan_.isa(), lanes, tap.value, rows.data());
  }
}

void Worker::run_segment(RunShared& shared, size_t index, int count) {
  const Segment& segment = shared.schedule->segments[index];
  std::vector<int>& queue = queues_[index];
  // The oldest leave first, so that no sample waits for ever in a stream.
  chunk_.assign(queue.begin(), queue.begin() + count);
  queue.erase(queue.begin(), queue.begin() + count);
  for (int lane = 0; lane < count; ++lane) {
    const auto i = static_cast<size_t>(lane);
    lane_blocks_[i] = block(chunk_[i]);
    lane_samples_[i] = slots_[static_cast<size_t>(chunk_[i])].sample;
    lane_macs_[i] = &slots_[static_cast<size_t>(chunk_[i])].macs;
  }
  const Lanes lanes{.blocks = lane_blocks_.data(),
                    .samples = lane_samples_.data(),
                    .macs = lane_macs_.data(),
                    .n = count};
  const Clock::time_point begin = Clock::now();
  for (size_t k = 0; k < segment.steps.size(); ++k) {
    run_step(shared, segment.steps[k], lanes);
    if (!segment.taps[k].empty()) copy_taps(shared, segment.taps[k], lanes);
  }
  const Clock::time_point end = Clock::now();
  times_[index].ms += ms_between(begin, end);
  times_[index].samples += count;
  answer(shared, index, chunk_);
  if (shared.ledger != nullptr) enter_chunk(shared, index, begin, end);
}

bool Worker::leaves(const RunShared& shared, size_t segment, InFlight& state,
                    std::span<const float> logits, float score) {
  const int exit = shared.schedule->segments[segment].exit;
  const bool is_final = segment + 1 == shared.schedule->segments.size();
  bool leave = is_final;
  const ResolvedPolicy& policy = *shared.policy;
  if (policy.replay) {
    const auto at = policy.replay->points.find("exit");
    if (at != policy.replay->points.end())
      leave = at->second.data<int64_t>()[static_cast<size_t>(state.sample)] == exit;
  }
  const auto& threshold = policy.thresholds[static_cast<size_t>(exit)];
  if (threshold && passes(score, *threshold)) leave = true;
  if (policy.patience > 0 && state.agreement.add(first_maximum(logits), score) >= policy.patience) {
    leave = true;
  }
  if (policy.deadline_ms && !is_final) {
    // The next segment must be ready in time as well; its time is known from earlier chunks.
    const SegmentTime& next = times_[segment + 1];
    const double expected = next.samples == 0 ? 0.0 : next.ms / static_cast<double>(next.samples);
    const double elapsed =
        std::chrono::duration<double, std::milli>(Clock::now() - state.start).count();
    if (elapsed + expected >= *policy.deadline_ms) leave = true;
  }
  if (shared.options->on_exit) {
    const Anytime said = shared.options->on_exit(
        {.sample = state.sample, .exit = exit, .logits = logits, .score = score});
    if (said == Anytime::kLeave) leave = true;
  }
  return leave;
}

void Worker::answer(RunShared& shared, size_t index, const std::vector<int>& chunk) {
  const Segment& segment = shared.schedule->segments[index];
  const auto classes = static_cast<size_t>(plan_.graph().n_classes());
  const Graph& graph = plan_.graph();
  const Node& node =
      graph.main().nodes[static_cast<size_t>(graph.exits()[static_cast<size_t>(segment.exit)])];
  const Scoring scoring = node.attributes->as<Exit>().scoring();
  const bool is_final = index + 1 == shared.schedule->segments.size();
  Outputs& outputs = *shared.outputs;
  for (const int slot : chunk) {
    InFlight& state = slots_[static_cast<size_t>(slot)];
    const std::span<const float> logits{block(slot) + segment.logits.offset, classes};
    const auto row = static_cast<size_t>(state.sample) * classes;
    bool leave = is_final;
    if (shared.all_exits) {
      std::memcpy(outputs.exit_logits[static_cast<size_t>(segment.exit)].f() + row, logits.data(),
                  logits.size_bytes());
      if (shared.options->on_exit) {
        shared.options->on_exit({.sample = state.sample,
                                 .exit = segment.exit,
                                 .logits = logits,
                                 .score = score_of(scoring, logits)});
      }
    } else {
      const float score = score_of(scoring, logits);
      leave = leaves(shared, index, state, logits, score);
      if (leave) {
        std::memcpy(outputs.logits.f() + row, logits.data(), logits.size_bytes());
        outputs.exit.data<int64_t>()[static_cast<size_t>(state.sample)] = segment.exit;
        outputs.score.f()[state.sample] = score;
      }
    }
    if (leave) {
      outputs.macs.data<int64_t>()[static_cast<size_t>(state.sample)] = state.macs;
      free_.push_back(slot);
    } else {
      queues_[index + 1].push_back(slot);
    }
  }
}

}  // namespace fovea::runtime
