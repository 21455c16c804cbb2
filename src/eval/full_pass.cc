#include "eval/full_pass.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "graph/cost.h"

namespace fovea {
namespace {

/// No score of an exit reaches it, and policies may hold it: it is finite.
constexpr float kUnreachable = std::numeric_limits<float>::max();

}  // namespace

Status for_each_batch(int64_t n, const PassOptions& options,
                      const std::function<Status(int64_t begin, int64_t end)>& body) {
  if (n < 1) return ErrorInfo{.kind = ErrorKind::kUsage, .what = "the data set holds no sample"};
  if (options.batch < 1) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "a batch holds at least one sample",
                     .found = std::to_string(options.batch)};
  }
  for (int64_t begin = 0; begin < n; begin += options.batch) {
    const int64_t end = std::min(n, begin + options.batch);
    Status status = body(begin, end);
    if (!status.ok()) return status;
    if (options.progress) options.progress(end, n);
  }
  return {};
}

Policy policy_for_rows(const Policy& policy, int64_t begin, int64_t end) {
  Policy cut = policy;
  if (!policy.replay) return cut;
  auto trace = std::make_shared<Trace>();
  for (const auto& [name, decisions] : policy.replay->points) {
    // A trace that is too short stays as it is: resolve() names both lengths.
    const bool long_enough = decisions.shape().rank() == 1 && decisions.shape()[0] >= end;
    trace->points[name] = long_enough ? decisions.rows(begin, end) : decisions;
  }
  cut.replay = std::move(trace);
  return cut;
}

Policy nobody_leaves(const ResolvedPolicy& policy) {
  Policy out{.exit = policy.asked.back(), .points = policy.points};
  out.thresholds.resize(policy.thresholds.size() - 1);
  for (const int exit : policy.asked) {
    if (exit != policy.asked.back()) out.thresholds[static_cast<size_t>(exit)] = kUnreachable;
  }
  return out;
}

Status run_all_exits(Executor& executor, const NamedTensors& inputs,
                     const std::map<std::string, PointRule>& points, Outputs& outputs) {
  if (points.empty()) return executor.run(inputs, {}, outputs);
  // Only a policy can answer decision points; so one under which nobody leaves, with the logits
  // taken as they become ready.
  const Graph& graph = executor.graph();
  ResolvedPolicy everything = every_exit(graph);
  everything.points = points;
  const Policy policy = nobody_leaves(everything);
  const Result<int64_t> n = batch_size(graph, inputs);
  if (!n.ok()) return n.error();
  std::vector<Tensor> logits;
  for (int exit = 0; exit < graph.n_exits(); ++exit) {
    logits.push_back(
        Tensor::f32(graph.main().value(graph.exit_logits(exit)).type.shape.batched(n.value())));
  }
  const auto record = [&logits](const ExitReady& ready) {
    Tensor& all = logits[static_cast<size_t>(ready.exit)];
    std::copy(ready.logits.begin(), ready.logits.end(), all.f() + ready.sample * all.shape()[1]);
    return Anytime::kGoOn;
  };
  Status status = executor.run(inputs, {.policy = &policy, .on_exit = record}, outputs);
  outputs.exit_logits = std::move(logits);
  return status;
}

Result<Scores> record_scores(Executor& executor, const InputSource& source,
                             const PassOptions& options) {
  const Graph& graph = executor.graph();
  const int64_t n_classes = graph.n_classes();
  Scores scores{.values = Tensor::f32({graph.n_exits(), source.n(), n_classes}),
                .scoring = exit_scoring(graph)};
  for (const ExitCost& cost : exit_costs(graph)) scores.costs.push_back(cost.macs_needed);
  Status status = for_each_batch(source.n(), options, [&](int64_t begin, int64_t end) -> Status {
    Result<LabelledInputs> batch = source.load(begin, end);
    if (!batch.ok()) return batch.error();
    Outputs outputs;
    Status ran = run_all_exits(executor, batch.value().inputs, {}, outputs);
    if (!ran.ok()) return ran;
    for (int exit = 0; exit < graph.n_exits(); ++exit) {
      const Tensor& logits = outputs.exit_logits[static_cast<size_t>(exit)];
      FOVEA_CHECK((logits.shape() == Shape{end - begin, n_classes}));
      std::copy_n(logits.f(), logits.numel(),
                  scores.values.f() + (exit * source.n() + begin) * n_classes);
    }
    const auto& labels = batch.value().labels;
    scores.labels.insert(scores.labels.end(), labels.begin(), labels.end());
    return {};
  });
  if (!status.ok()) return status.error();
  status = check_scores(scores, "recorded scores");
  if (!status.ok()) return status.error();
  return scores;
}

}  // namespace fovea
