#include "app/segment_timing.h"

#include <algorithm>
#include <memory>

#include "app/machine.h"
#include "app/measure.h"
#include "eval/full_pass.h"

namespace fovea::app {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

TimeKey time_key(const Execution& execution, int64_t batch) {
  const MachineFacts facts = machine_facts();
  std::string machine = facts.processor.empty() ? "unnamed processor" : facts.processor;
  if (!facts.kernel_sets.empty()) machine += ", " + facts.kernel_sets.front();
  return {.machine = std::move(machine),
          .executor = std::string(executor_name(execution.kind)),
          .batch = batch,
          .threads = execution.threads};
}

SegmentTimes measured_segments(Executor& executor, const NamedTensors& inputs, TimeKey key,
                               double seconds) {
  const auto n_exits = static_cast<size_t>(executor.graph().n_exits());
  std::vector<Policy> up_to;
  for (size_t exit = 0; exit < n_exits; ++exit) {
    ResolvedPolicy asked = every_exit(executor.graph());
    asked.asked.resize(exit + 1);
    up_to.push_back(nobody_leaves(asked));
  }
  Outputs outputs;
  for (const Policy& policy : up_to) executor.run(inputs, {.policy = &policy}, outputs).value();
  // All exits in each round, so that what slows the machine for a while slows all of them.
  std::vector<std::vector<double>> times(n_exits);
  constexpr size_t kLeastRounds = 5;
  const Stopwatch whole;
  while (times.front().size() < kLeastRounds || whole.ms() < 1e3 * seconds) {
    for (size_t exit = 0; exit < n_exits; ++exit) {
      const Stopwatch watch;
      executor.run(inputs, {.policy = &up_to[exit]}, outputs).value();
      times[exit].push_back(watch.ms());
    }
  }
  SegmentTimes out{.key = std::move(key)};
  const auto n = static_cast<double>(inputs.begin()->second.shape()[0]);
  double before = 0;
  for (std::vector<double>& each : times) {
    const double until = std::max(before, median(std::move(each)) / n);
    out.segment_ms.push_back(until - before);
    before = until;
  }
  return out;
}

double measured_leaving_ms(Executor& executor, int64_t batch, const NextInputs& next,
                           std::span<const int> exits, double seconds) {
  const auto size = static_cast<size_t>(batch);
  std::vector<Policy> runs;
  for (size_t first = 0; first < exits.size(); first += size) {
    Tensor leave = Tensor::i64({batch});
    for (size_t k = 0; k < size; ++k) {
      leave.data<int64_t>()[k] = exits[(first + k) % exits.size()];
    }
    Policy policy;
    policy.replay = std::make_shared<const Trace>(Trace{.points = {{"exit", std::move(leave)}}});
    runs.push_back(std::move(policy));
  }
  Outputs outputs;
  const auto run_all = [&] {
    for (const Policy& policy : runs) executor.run(next(), {.policy = &policy}, outputs).value();
  };
  run_all();
  // A mean, as the budget is one: what slows every tenth run counts.
  int64_t n_runs = 0;
  const Stopwatch watch;
  while (n_runs == 0 || watch.ms() < 1e3 * seconds) {
    run_all();
    n_runs += static_cast<int64_t>(runs.size());
  }
  return watch.ms() / static_cast<double>(n_runs * batch);
}

double measured_load_ms(const InputSource& source, int64_t batch) {
  // A few small pictures are loaded in less time than threads take to start, some times.
  constexpr double kLoadSeconds = 0.5;
  // Once before the clock starts: files come into the cache of the system.
  (void)source.load(0, std::min(source.n(), batch)).value();
  int64_t done = 0;
  const Stopwatch watch;
  while (done < source.n() && (done == 0 || watch.ms() < 1e3 * kLoadSeconds)) {
    const int64_t end = std::min(source.n(), done + batch);
    (void)source.load(done, end).value();
    done = end;
  }
  return watch.ms() / static_cast<double>(done);
}

RunTimes run_times(const Context& context, const Network& network, const Execution& execution,
                   int64_t batch, const InputSource* source) {
  RunTimes out{.key = time_key(execution, batch)};
  out.measure = [&context, &network, &execution, key = out.key](double seconds) {
    const auto executor = make_executor(context, network, execution);
    return measured_segments(*executor, random_inputs(network.graph(), key.batch), key, seconds);
  };
  out.loads = source != nullptr && source->n() >= batch;
  out.leaving_ms = [&context, &network, &execution, batch, source,
                    loads = out.loads](std::span<const int> exits) {
    constexpr double kLeavingSeconds = 0.7;
    const auto executor = make_executor(context, network, execution);
    NamedTensors inputs;
    if (!loads) inputs = random_inputs(network.graph(), batch);
    int64_t begin = 0;
    const auto next = [&]() -> const NamedTensors& {
      if (!loads) return inputs;
      if (begin + batch > source->n()) begin = 0;
      inputs = source->load(begin, begin + batch).value().inputs;
      begin += batch;
      return inputs;
    };
    return measured_leaving_ms(*executor, batch, next, exits, kLeavingSeconds);
  };
  out.load_ms = [source, batch] {
    return source == nullptr ? 0 : measured_load_ms(*source, batch);
  };
  return out;
}

}  // namespace fovea::app
