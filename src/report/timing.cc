#include "report/timing.h"

#include <algorithm>
#include <memory>

#include "base/noise.h"

namespace fovea::report {
namespace {

/// Inputs of a model that stay in memory while its policies are timed.
constexpr int64_t kMostInputBytes = int64_t{256} << 20;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/// Samples of which all models can hold the inputs, and which all have.
int64_t n_of(const std::vector<TimedModel>& models, int64_t wanted) {
  int64_t n = wanted;
  for (const TimedModel& model : models) {
    const Block& main = model.executor.graph().main();
    const Shape& input = main.value(main.inputs.front()).type.shape;
    const int64_t bytes = input.numel() * static_cast<int64_t>(sizeof(float));
    n = std::min({n, kMostInputBytes / bytes, model.source.n()});
  }
  return std::max<int64_t>(n, 1);
}

/// One run of a round.
struct Run {
  size_t model;
  std::vector<PolicyPoint*> points;
};

/// The runs of a round, those of all models mixed.
std::vector<Run> runs_of(const std::vector<TimedModel>& models) {
  std::vector<Run> out;
  size_t most = 0;
  for (const TimedModel& model : models) most = std::max(most, model.policies.size());
  for (size_t p = 0; p < most; ++p) {
    for (size_t m = 0; m < models.size(); ++m) {
      if (p < models[m].policies.size()) out.push_back({m, models[m].policies[p]});
    }
  }
  return out;
}

struct Loaded {
  std::unique_ptr<TensorSource> source;
  double ms = 0;  ///< per sample
};

Result<Loaded> loaded(const InputSource& source, const std::vector<int64_t>& samples) {
  const Stopwatch watch;
  Result<LabelledInputs> inputs = source.load_listed(samples);
  if (!inputs.ok()) return inputs.error();
  const double ms = watch.ms() / static_cast<double>(samples.size());
  return Loaded{std::make_unique<TensorSource>(std::move(inputs.value().inputs),
                                               std::move(inputs.value().labels)),
                ms};
}

}  // namespace

std::vector<int64_t> spread_samples(int64_t n, int64_t count) {
  const Noise noise(static_cast<uint64_t>(n), "spread samples");
  std::vector<int64_t> out;
  out.reserve(static_cast<size_t>(count));
  const auto begin_of = [&](int64_t stretch) {
    return static_cast<int64_t>(static_cast<Uint128>(n) * static_cast<Uint128>(stretch) /
                                static_cast<Uint128>(count));
  };
  for (int64_t i = 0; i < count; ++i) {
    const auto wide = static_cast<uint64_t>(begin_of(i + 1) - begin_of(i));
    const uint64_t within = noise.below(static_cast<uint64_t>(i), wide);
    out.push_back(begin_of(i) + static_cast<int64_t>(within));
  }
  return out;
}

Result<int64_t> time_side_by_side(std::vector<TimedModel> models, const TimingOptions& options) {
  const int64_t n = n_of(models, options.n);
  std::vector<Run> runs = runs_of(models);
  const int64_t total = options.rounds * static_cast<int64_t>(runs.size());
  int64_t done = 0;
  for (int round = 0; round < options.rounds; ++round) {
    // Each round loads anew: a machine that slows down slows loading too.
    std::vector<Loaded> inputs;
    for (const TimedModel& model : models) {
      Result<Loaded> one = loaded(model.source, spread_samples(model.source.n(), n));
      if (!one.ok()) return one.error();
      inputs.push_back(std::move(one).value());
    }
    for (const Run& run : runs) {
      const Loaded& input = inputs[run.model];
      const Result<AdaptiveReport> ran =
          evaluate_executed(models[run.model].executor, *input.source, run.points.front()->policy,
                            {.batch = options.batch});
      if (!ran.ok()) return ran.error();
      for (PolicyPoint* point : run.points) {
        point->rounds_ms.push_back(input.ms + *ran.value().run_ms);
      }
      if (options.progress) options.progress(++done, total);
    }
    // There and back, so that a drift within a round favours nobody.
    std::reverse(runs.begin(), runs.end());
  }
  for (const Run& run : runs) {
    for (PolicyPoint* point : run.points) point->ms = median(point->rounds_ms);
  }
  return n;
}

}  // namespace fovea::report
