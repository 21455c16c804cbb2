#include "app/segment_timing.h"

#include <algorithm>

#include "app/machine.h"
#include "app/measure.h"
#include "eval/full_pass.h"

namespace fovea::app {
namespace {

constexpr double kSeconds = 2;

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
  out.measure = [&context, &network, &execution, key = out.key] {
    const auto executor = make_executor(context, network, execution);
    return measured_segments(*executor, random_inputs(network.graph(), key.batch), key, kSeconds);
  };
  out.load_ms = [source, batch] {
    return source == nullptr ? 0 : measured_load_ms(*source, batch);
  };
  return out;
}

}  // namespace fovea::app
