#include "report/measure.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "calibrate/official.h"
#include "eval/references.h"
#include "graph/cost.h"
#include "report/timing.h"

namespace fovea::report {
namespace {

/// Thresholds close to 1 are where accuracy is bought; steps get finer there.
constexpr std::array<float, 19> kThresholds{0.0F,  0.2F,  0.3F,   0.4F,   0.5F,  0.6F,  0.7F,
                                            0.75F, 0.8F,  0.85F,  0.9F,   0.93F, 0.95F, 0.97F,
                                            0.98F, 0.99F, 0.995F, 0.999F, 1.0F};
constexpr float kUsualThreshold = 0.9F;
constexpr size_t kTimedThresholds[] = {4, 6, 8, 10, 12, 15, 17};
constexpr size_t kTimedOfficial = 5;
constexpr size_t kTimedStored = 16;

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

/// One candidate's way: record_all, then its timed_points are timed, then run_chosen.
class Measurement {
 public:
  Measurement(const Candidate& candidate, std::string suffix, const MeasureOptions& options)
      : candidate_(candidate), suffix_(std::move(suffix)), options_(options) {}

  Status record_all() {
    Result<Scores> scores = record_scores(candidate_.executor, candidate_.source, pass("recorded"));
    if (!scores.ok()) return scores.error();
    facts_.scores = std::move(scores).value();
    const auto& labels = facts_.scores.labels;
    if (std::all_of(labels.begin(), labels.end(), [](int64_t label) { return label < 0; })) {
      return ErrorInfo{.kind = ErrorKind::kBadInput,
                       .what = "no sample has a known class",
                       .expected = "labelled data"};
    }
    facts_.table = exit_table(facts_.scores);
    return judge_all();
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

  Status run_chosen() {
    PassOptions options = pass("executed");
    options.ledger = true;
    Result<AdaptiveReport> adaptive =
        evaluate_executed(candidate_.executor, candidate_.source, facts_.chosen.policy, options);
    if (!adaptive.ok()) return adaptive.error();
    facts_.adaptive_ledger = *adaptive.value().ledger;
    facts_.adaptive.ms = adaptive.value().ms;
    Result<AdaptiveReport> full =
        evaluate_executed(candidate_.executor, candidate_.source, Policy::last_exit(), options);
    if (!full.ok()) return full.error();
    facts_.full_ledger = *full.value().ledger;
    return {};
  }

  DataFacts& facts() { return facts_; }

 private:
  [[nodiscard]] PassOptions pass(const std::string& name) const {
    PassOptions out{.batch = options_.batch};
    if (options_.progress) {
      out.progress = [this, what = name + suffix_](int64_t done, int64_t total) {
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
    Result<PolicyPoint> point =
        judged(scores, candidate_.executor.graph(), std::move(name), policy);
    if (!point.ok()) return point.error();
    to.push_back(std::move(point).value());
    return {};
  }

  Status judge_all() {
    const Graph& graph = candidate_.executor.graph();
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
    const auto& [name, chosen] = candidate_.policy;
    Result<PolicyPoint> point = judged(facts_.scores, graph, name, chosen);
    if (!point.ok()) return point.error();
    facts_.chosen = std::move(point).value();
    facts_.adaptive = evaluate_hindsight(facts_.scores, graph, chosen).value();
    add_references(accuracies);
    judge_reached();
    return {};
  }

  void add_references(const std::vector<ExitAccuracy>& accuracies) {
    for (const OraclePoint& point :
         oracle_curve(facts_.table, facts_.scores.labels, candidate_.executor.graph())) {
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
    for (const auto& [name, policy] : candidate_.stored) {
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

  const Candidate& candidate_;
  std::string suffix_;  ///< of what progress says
  const MeasureOptions& options_;
  DataFacts facts_;
};

}  // namespace

NamedPolicy usual_policy(const Graph& graph) {
  const int early = graph.n_exits() - 1;
  if (early < 1) return {.name = "the only exit", .policy = Policy::last_exit()};
  NamedPolicy out{.name = "threshold 0.9 at every exit"};
  out.policy.thresholds.assign(static_cast<size_t>(early), kUsualThreshold);
  return out;
}

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

Result<std::vector<DataFacts>> measure(const std::vector<Candidate>& candidates,
                                       const MeasureOptions& options) {
  std::vector<Measurement> measurements;
  for (size_t c = 0; c < candidates.size(); ++c) {
    std::string suffix;
    if (candidates.size() > 1) suffix = ", " + std::string(1, static_cast<char>('A' + c));
    measurements.emplace_back(candidates[c], std::move(suffix), options);
    const Status status = measurements.back().record_all();
    if (!status.ok()) return status.error();
  }
  std::vector<TimedModel> timed;
  for (size_t c = 0; c < candidates.size(); ++c) {
    timed.push_back({candidates[c].executor, candidates[c].source, measurements[c].timed_points()});
  }
  TimingOptions timing{.batch = options.batch, .n = options.n_timed, .rounds = options.rounds};
  if (options.progress) {
    timing.progress = [&](int64_t done, int64_t total) {
      options.progress("timed policies", done, total);
    };
  }
  const Result<int64_t> n_timed = time_side_by_side(std::move(timed), timing);
  if (!n_timed.ok()) return n_timed.error();
  std::vector<DataFacts> out;
  for (Measurement& measurement : measurements) {
    const Status status = measurement.run_chosen();
    if (!status.ok()) return status.error();
    measurement.facts().n_timed = n_timed.value();
    out.push_back(std::move(measurement.facts()));
  }
  return out;
}

std::string label_of(const ModelFacts& model, int64_t label) {
  const auto i = static_cast<size_t>(label);
  return label >= 0 && i < model.labels.size() ? model.labels[i] : std::to_string(label);
}

}  // namespace fovea::report
