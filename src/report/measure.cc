#include "report/measure.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "calibrate/official.h"
#include "eval/references.h"
#include "graph/cost.h"

namespace fovea::report {
namespace {

/// Thresholds close to 1 are where accuracy is bought; steps get finer there.
constexpr std::array<float, 19> kThresholds{0.0F,  0.2F,  0.3F,   0.4F,   0.5F,  0.6F,  0.7F,
                                            0.75F, 0.8F,  0.85F,  0.9F,   0.93F, 0.95F, 0.97F,
                                            0.98F, 0.99F, 0.995F, 0.999F, 1.0F};
constexpr size_t kTimedThresholds[] = {4, 6, 8, 10, 12, 15, 17};
constexpr size_t kTimedOfficial = 5;
constexpr size_t kTimedStored = 16;
/// Inputs that stay in memory while policies are timed.
constexpr int64_t kTimedBytes = int64_t{256} << 20;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

/// At most `n` points whose costs lie evenly between the least and the most.
std::vector<PolicyPoint*> spread_over_cost(std::vector<PolicyPoint>& points, size_t n) {
  std::vector<PolicyPoint*> out;
  if (points.empty()) return out;
  const auto [least, most] = std::minmax_element(
      points.begin(), points.end(), [](const auto& a, const auto& b) { return a.macs < b.macs; });
  for (size_t k = 0; k < n; ++k) {
    const double share = static_cast<double>(k) / static_cast<double>(std::max<size_t>(n - 1, 1));
    const double target = least->macs + share * (most->macs - least->macs);
    PolicyPoint& nearest =
        *std::min_element(points.begin(), points.end(), [target](const auto& a, const auto& b) {
          return std::abs(a.macs - target) < std::abs(b.macs - target);
        });
    if (std::find(out.begin(), out.end(), &nearest) == out.end()) out.push_back(&nearest);
  }
  return out;
}

class Measurement {
 public:
  Measurement(Executor& executor, const InputSource& source, const MeasureOptions& options)
      : executor_(executor), source_(source), options_(options) {}

  Result<DataFacts> run() {
    Result<Scores> scores = record_scores(executor_, source_, pass("recorded"));
    if (!scores.ok()) return scores.error();
    facts_.scores = std::move(scores).value();
    const auto& labels = facts_.scores.labels;
    if (std::all_of(labels.begin(), labels.end(), [](int64_t label) { return label < 0; })) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = "no sample has a known class",
                       .expected = "labelled data"};
    }
    facts_.table = exit_table(facts_.scores);
    for (Status (Measurement::*step)() :
         {&Measurement::judge_all, &Measurement::time_policies, &Measurement::run_chosen}) {
      const Status status = (this->*step)();
      if (!status.ok()) return status.error();
    }
    return std::move(facts_);
  }

 private:
  [[nodiscard]] PassOptions pass(const std::string& what) const {
    PassOptions out{.batch = options_.batch};
    if (options_.progress) {
      out.progress = [this, what](int64_t done, int64_t total) {
        options_.progress(what, done, total);
      };
    }
    return out;
  }

  static Result<PolicyPoint> judged(const Scores& scores, const Graph& graph, std::string name,
                                    const Policy& policy) {
    const Result<AdaptiveReport> report = evaluate_hindsight(scores, graph, policy);
    if (!report.ok()) return report.error();
    PolicyPoint point{.name = std::move(name),
                      .policy = policy,
                      .macs = report.value().mean_macs,
                      .counts = report.value().counts};
    for (size_t i = 0; i < scores.labels.size(); ++i) {
      if (scores.labels[i] < 0) continue;
      ++point.n;
      if (report.value().answers[i] == scores.labels[i]) ++point.correct;
    }
    return point;
  }

  Status add(std::vector<PolicyPoint>& to, const Scores& scores, std::string name,
             const Policy& policy) {
    Result<PolicyPoint> point = judged(scores, executor_.graph(), std::move(name), policy);
    if (!point.ok()) return point.error();
    to.push_back(std::move(point).value());
    return {};
  }

  Status judge_all() {
    const Graph& graph = executor_.graph();
    const std::vector<ExitAccuracy> accuracies = anytime_accuracy(facts_.scores);
    const std::vector<ExitCost> costs = exit_costs(graph);
    for (int e = 0; e < graph.n_exits(); ++e) {
      const auto i = static_cast<size_t>(e);
      facts_.exits.push_back({.accuracy = accuracies[i],
                              .cost = costs[i],
                              .reliability = reliability(facts_.scores, e)});
      Status status =
          add(facts_.fixed, facts_.scores, "exit " + std::to_string(e), Policy{.exit = e});
      if (!status.ok()) return status;
    }
    const auto early = static_cast<size_t>(graph.n_exits() - 1);
    for (size_t t = 0; early > 0 && t < kThresholds.size(); ++t) {
      Policy policy;
      policy.thresholds.assign(early, kThresholds[t]);
      const std::string text = std::to_string(kThresholds[t]);
      Status status = add(facts_.thresholds, facts_.scores,
                          "threshold " + text.substr(0, text.find_last_not_of('0') + 1), policy);
      if (!status.ok()) return status;
    }
    Status status = early > 0 ? judge_official() : Status();
    if (!status.ok()) return status;
    const Policy usual = early > 0 ? facts_.thresholds[10].policy : Policy::last_exit();
    const Policy& chosen = options_.policy ? *options_.policy : usual;
    Result<PolicyPoint> point = judged(facts_.scores, graph,
                                       options_.policy ? options_.policy_name
                                       : early > 0     ? "threshold 0.9 at every exit"
                                                       : "the only exit",
                                       chosen);
    if (!point.ok()) return point.error();
    facts_.chosen = std::move(point).value();
    facts_.adaptive = evaluate_hindsight(facts_.scores, graph, chosen).value();
    add_references(accuracies);
    judge_reached();
    return {};
  }

  void add_references(const std::vector<ExitAccuracy>& accuracies) {
    for (const OraclePoint& point :
         oracle_curve(facts_.table, facts_.scores.labels, executor_.graph())) {
      facts_.oracle.push_back({.name = "first right exit, up to exit " + std::to_string(point.last),
                               .macs = point.macs,
                               .n = point.n,
                               .correct = point.correct,
                               .counts = point.counts});
    }
    for (const PolicyPoint& policy : facts_.thresholds) {
      const auto top1 = random_top1(policy.counts, accuracies);
      if (!top1) continue;
      facts_.random.push_back({.name = "coin with the shares of " + policy.name,
                               .macs = policy.macs,
                               .n = policy.n,
                               .correct = std::lround(*top1 / 100 * static_cast<double>(policy.n)),
                               .counts = policy.counts});
    }
  }

  void judge_reached() {
    for (size_t e = 0; e < facts_.exits.size(); ++e) {
      std::vector<int64_t> there;
      for (int64_t i = 0; i < facts_.scores.n(); ++i) {
        if (facts_.adaptive.exits[static_cast<size_t>(i)] >= static_cast<int>(e))
          there.push_back(i);
      }
      if (there.empty()) continue;
      facts_.exits[e].reached = reliability(rows_of(facts_.scores, there), static_cast<int>(e));
    }
  }

  /// The rule's policies as the model stores them; where it stores none, solved on one half of the
  /// samples and judged on the other, both ways, so that each sample is judged once and by
  /// thresholds that did not see it.
  Status judge_official() {
    for (const auto& [name, policy] : options_.stored) {
      const bool official = name.starts_with("official-");
      if (name == "default") continue;
      if (policy.deadline_ms || !policy.points.empty() || policy.replay) continue;
      Status status = add(official ? facts_.official : facts_.stored, facts_.scores, name, policy);
      if (!status.ok()) return status;
    }
    if (!facts_.official.empty() || facts_.scores.n() < 2) return {};
    std::vector<int64_t> even;
    std::vector<int64_t> odd;
    for (int64_t i = 0; i < facts_.scores.n(); ++i) (i % 2 == 0 ? even : odd).push_back(i);
    const Scores a = rows_of(facts_.scores, even);
    const Scores b = rows_of(facts_.scores, odd);
    std::vector<PolicyPoint> other_half;
    for (const OfficialPoint& point : solve_official(exit_table(a))) {
      Status status = add(facts_.official, b, point.name, point.policy);
      if (!status.ok()) return status;
    }
    for (const OfficialPoint& point : solve_official(exit_table(b))) {
      Status status = add(other_half, a, point.name, point.policy);
      if (!status.ok()) return status;
    }
    const auto n_a = static_cast<double>(a.n());
    const auto n_b = static_cast<double>(b.n());
    for (size_t k = 0; k < other_half.size(); ++k) {
      PolicyPoint& point = facts_.official[k];
      point.macs = (point.macs * n_b + other_half[k].macs * n_a) / (n_a + n_b);
      point.n += other_half[k].n;
      point.correct += other_half[k].correct;
      for (size_t e = 0; e < point.counts.size(); ++e) point.counts[e] += other_half[k].counts[e];
    }
    facts_.official_cross_fit = true;
    return {};
  }

  /// Policies whose times are told: every fixed exit, and some of each curve. Points of one policy
  /// stand together: it has one time.
  std::vector<std::vector<PolicyPoint*>> timed_points() {
    std::vector<std::vector<PolicyPoint*>> out;
    const auto add = [&out](PolicyPoint& point) {
      const std::string policy = policy_to_json(point.policy);
      const auto at = std::find_if(out.begin(), out.end(), [&policy](const auto& same) {
        return policy_to_json(same.front()->policy) == policy;
      });
      if (at == out.end()) {
        out.push_back({&point});
      } else {
        at->push_back(&point);
      }
    };
    for (PolicyPoint& point : facts_.fixed) add(point);
    for (const size_t t : kTimedThresholds) {
      if (t < facts_.thresholds.size()) add(facts_.thresholds[t]);
    }
    for (PolicyPoint* point : spread_over_cost(facts_.official, kTimedOfficial)) add(*point);
    for (size_t k = 0; k < std::min(kTimedStored, facts_.stored.size()); ++k) {
      add(facts_.stored[k]);
    }
    add(facts_.chosen);
    return out;
  }

  /// Loading is timed once; policies are run side by side in rounds on inputs in memory, so that a
  /// machine that slows down slows all of them.
  Status time_policies() {
    const Value& input = executor_.graph().main().value(executor_.graph().main().inputs.front());
    const int64_t per_sample = input.type.shape.numel() * static_cast<int64_t>(sizeof(float));
    facts_.n_timed =
        std::clamp<int64_t>(std::min(options_.n_timed, kTimedBytes / per_sample), 1, source_.n());
    const Stopwatch loading;
    Result<LabelledInputs> loaded = source_.load(0, facts_.n_timed);
    if (!loaded.ok()) return loaded.error();
    const double load_ms = loading.ms() / static_cast<double>(facts_.n_timed);
    const TensorSource memory(std::move(loaded.value().inputs), std::move(loaded.value().labels));
    std::vector<std::vector<PolicyPoint*>> policies = timed_points();
    const int64_t total = options_.rounds * static_cast<int64_t>(policies.size());
    int64_t done = 0;
    for (int round = 0; round < options_.rounds; ++round) {
      for (const std::vector<PolicyPoint*>& same : policies) {
        const Result<AdaptiveReport> ran =
            evaluate_executed(executor_, memory, same.front()->policy, {.batch = options_.batch});
        if (!ran.ok()) return ran.error();
        const double ms = load_ms + *ran.value().run_ms;
        for (PolicyPoint* point : same) point->rounds_ms.push_back(ms);
        if (options_.progress) options_.progress("timed policies", ++done, total);
      }
      // There and back, so that a drift within a round favours nobody.
      std::reverse(policies.begin(), policies.end());
    }
    for (const std::vector<PolicyPoint*>& same : policies) {
      for (PolicyPoint* point : same) point->ms = median(point->rounds_ms);
    }
    return {};
  }

  Status run_chosen() {
    PassOptions options = pass("executed");
    options.ledger = true;
    Result<AdaptiveReport> adaptive =
        evaluate_executed(executor_, source_, facts_.chosen.policy, options);
    if (!adaptive.ok()) return adaptive.error();
    facts_.adaptive_ledger = *adaptive.value().ledger;
    facts_.adaptive.ms = adaptive.value().ms;
    Result<AdaptiveReport> full =
        evaluate_executed(executor_, source_, Policy::last_exit(), options);
    if (!full.ok()) return full.error();
    facts_.full_ledger = *full.value().ledger;
    return {};
  }

  Executor& executor_;
  const InputSource& source_;
  const MeasureOptions& options_;
  DataFacts facts_;
};

}  // namespace

Scores rows_of(const Scores& scores, const std::vector<int64_t>& samples) {
  const auto n = static_cast<int64_t>(samples.size());
  Scores out{.values = Tensor::f32({scores.n_exits(), n, scores.n_classes()}),
             .form = scores.form,
             .costs = scores.costs,
             .scoring = scores.scoring};
  float* to = out.values.f();
  for (int e = 0; e < scores.n_exits(); ++e) {
    for (const int64_t sample : samples) {
      const auto row = scores.row(e, sample);
      to = std::copy(row.begin(), row.end(), to);
    }
  }
  for (const int64_t sample : samples) {
    out.labels.push_back(scores.labels[static_cast<size_t>(sample)]);
  }
  return out;
}

Result<DataFacts> measure(Executor& executor, const InputSource& source,
                          const MeasureOptions& options) {
  return Measurement(executor, source, options).run();
}

std::string label_of(const ModelFacts& model, int64_t label) {
  const auto i = static_cast<size_t>(label);
  return label >= 0 && i < model.labels.size() ? model.labels[i] : std::to_string(label);
}

}  // namespace fovea::report
