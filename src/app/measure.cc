#include "app/measure.h"

#include <algorithm>

#include "base/noise.h"
#include "eval/full_pass.h"
#include "fovea/session.h"

namespace fovea::app {

NamedTensors random_inputs(const Graph& graph, int64_t n) {
  NamedTensors out;
  for (const ValueId id : graph.main().inputs) {
    const Value& value = graph.main().value(id);
    Tensor tensor = Tensor::f32(value.type.shape.batched(n));
    const Noise noise(0, value.name);
    uint64_t t = 0;
    for (float& each : tensor.data<float>()) each = static_cast<float>(noise.normal(t++));
    out[value.name] = std::move(tensor);
  }
  return out;
}

Timing measured(double seconds, int least, const std::function<void()>& body) {
  body();
  std::vector<double> times;
  const Stopwatch whole;
  while (static_cast<int>(times.size()) < least || whole.ms() < seconds * 1e3) {
    const Stopwatch watch;
    body();
    times.push_back(watch.ms());
  }
  std::sort(times.begin(), times.end());
  return {.median_ms = times[times.size() / 2],
          .best_ms = times.front(),
          .rounds = static_cast<int>(times.size())};
}

std::vector<double> step_times(const std::shared_ptr<const Plan>& plan, const NamedTensors& inputs,
                               const Policy* policy, double seconds) {
  Session session(plan, {.threads = 1, .profile = Profile::kSteps});
  const double n = static_cast<double>(inputs.begin()->second.shape()[0]);
  Outputs outputs;
  std::vector<double> best;
  (void)measured(seconds, 3, [&] {
    session.run(inputs, {.policy = policy}, outputs).value();
    std::vector<double> times = session.take_step_ms();
    for (double& each : times) each /= n;
    if (best.empty()) best = times;
    for (size_t i = 0; i < times.size(); ++i) best[i] = std::min(best[i], times[i]);
  });
  return best;
}

}  // namespace fovea::app
