#include "eval/verify.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "calibrate/hindsight.h"

namespace fovea {
namespace {

std::span<const float> row_of(const Tensor& rows, int64_t i) {
  const auto length = static_cast<size_t>(rows.shape()[1]);
  return rows.data<float>().subspan(static_cast<size_t>(i) * length, length);
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

/// The exit that the full run's scores say for one sample.
int expected_exit(std::span<const Tensor> full, std::span<const Scoring> scoring,
                  const ResolvedPolicy& policy, int64_t sample) {
  if (policy.replay) {
    const auto at = policy.replay->points.find("exit");
    if (at != policy.replay->points.end()) {
      return static_cast<int>(at->second.data<int64_t>()[static_cast<size_t>(sample)]);
    }
  }
  Agreement agreement;
  for (const int exit : policy.asked) {
    const auto e = static_cast<size_t>(exit);
    const auto row = row_of(full[e], sample);
    const float score = score_of(scoring[e], row);
    const std::optional<float> threshold = policy.thresholds[e];
    if (threshold && passes(score, *threshold)) return exit;
    if (policy.patience > 0 && agreement.add(first_maximum(row), score) >= policy.patience) {
      return exit;
    }
  }
  return policy.asked.back();
}

bool is_asked(const ResolvedPolicy& policy, int exit) {
  return std::binary_search(policy.asked.begin(), policy.asked.end(), exit);
}

Status check_replay_points(const Policy& policy) {
  if (!policy.replay) return {};
  for (const auto& [name, decisions] : policy.replay->points) {
    if (name == "exit") continue;
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = "a replay of other decision points than exits cannot be verified",
                     .where = "point '" + name + "'",
                     .expected = "a trace of exits alone"};
  }
  return {};
}

/// Sums over the batches of one verification.
class Verifier {
 public:
  Verifier(Executor& full, Executor& adaptive, const Policy& policy, const VerifyOptions& options)
      : full_(full),
        adaptive_(adaptive),
        policy_(policy),
        options_(options),
        scoring_(exit_scoring(full.graph())) {}

  Status batch(const InputSource& source, int64_t begin, int64_t end) {
    const Policy rules = policy_for_rows(policy_, begin, end);
    Result<ResolvedPolicy> resolved = resolve(rules, full_.graph(), end - begin);
    if (!resolved.ok()) return resolved.error();
    const Stopwatch loading;
    Result<LabelledInputs> loaded = source.load(begin, end);
    if (!loaded.ok()) return loaded.error();
    load_ms_ += loading.ms();
    const NamedTensors& inputs = loaded.value().inputs;
    for (int i = 0; begin == 0 && i < options_.pass.warmups; ++i) {
      Status warm = both(inputs, rules, resolved.value());
      if (!warm.ok()) return warm;
    }
    Times least;
    for (int round = 0; round < std::max(1, options_.rounds); ++round) {
      Status ran = both(inputs, rules, resolved.value());
      if (!ran.ok()) return ran;
      least = round == 0 ? times_ : least_of(least, times_);
    }
    full_ms_ += least.full;
    adaptive_ms_ += least.adaptive;
    if (least.segments.empty()) {
      all_measured_ = false;
    } else {
      segment_ms_ += executed_segment_ms(least.segments, resolved.value().asked,
                                         adaptive_out_.exit.data<int64_t>());
    }
    full_macs_ += static_cast<double>(sum(full_out_.macs));
    adaptive_macs_ += static_cast<double>(sum(adaptive_out_.macs));
    count_changes(loaded.value().labels);
    auto found = compare_with_hindsight(full_out_.exit_logits, scoring_, resolved.value(),
                                        adaptive_out_, begin);
    disagree_.insert(disagree_.end(), found.begin(), found.end());
    return {};
  }

  Verification result(int64_t n) {
    const auto samples = static_cast<double>(n);
    Verification out{.n = n,
                     .agree = n - static_cast<int64_t>(disagree_.size()),
                     .disagree = std::move(disagree_),
                     .macs_full = full_macs_ / samples,
                     .macs_adaptive = adaptive_macs_ / samples,
                     .ms_full = (load_ms_ + full_ms_) / samples,
                     .ms_adaptive = (load_ms_ + adaptive_ms_) / samples,
                     .load_ms = load_ms_ / samples,
                     .changes = changes_};
    if (all_measured_ && adaptive_ms_ > 0) out.realisation = segment_ms_ / adaptive_ms_;
    return out;
  }

 private:
  struct Times {
    double full = 0;
    double adaptive = 0;
    std::vector<double> segments;
  };

  /// Segments of one run stay together.
  static Times least_of(const Times& a, const Times& b) {
    const auto total = [](const Times& times) {
      return std::accumulate(times.segments.begin(), times.segments.end(), 0.0);
    };
    return {.full = std::min(a.full, b.full),
            .adaptive = std::min(a.adaptive, b.adaptive),
            .segments = total(b) < total(a) ? b.segments : a.segments};
  }

  void count_changes(std::span<const int64_t> labels) {
    const Tensor& last = full_out_.exit_logits.back();
    for (size_t i = 0; i < labels.size(); ++i) {
      if (labels[i] < 0) continue;
      const auto sample = static_cast<int64_t>(i);
      const bool there = first_maximum(row_of(last, sample)) == labels[i];
      const bool here = first_maximum(row_of(adaptive_out_.logits, sample)) == labels[i];
      ++changes_.n;
      if (there && !here) ++changes_.lost;
      if (here && !there) ++changes_.gained;
    }
  }

  static int64_t sum(const Tensor& tensor) {
    int64_t total = 0;
    for (const int64_t v : tensor.data<int64_t>()) total += v;
    return total;
  }

  /// Both runs of one batch; where the policy does not ask every exit, a third one that does not
  /// leave, because segments are those of the exits asked.
  Status both(const NamedTensors& inputs, const Policy& rules, const ResolvedPolicy& resolved) {
    times_ = {};
    const Stopwatch full_watch;
    Status status = run_all_exits(full_, inputs, policy_.points, full_out_);
    times_.full = full_watch.ms();
    if (!status.ok()) return status;
    const bool same_segments =
        resolved.asked.size() == static_cast<size_t>(full_.graph().n_exits());
    if (options_.segment_ms && same_segments) times_.segments = options_.segment_ms();
    const Stopwatch adaptive_watch;
    status = adaptive_.run(inputs, {.policy = &rules}, adaptive_out_);
    times_.adaptive = adaptive_watch.ms();
    if (!status.ok() || !options_.segment_ms || same_segments) return status;
    const Policy stays = nobody_leaves(resolved);
    Outputs ignored;
    status = full_.run(inputs, {.policy = &stays}, ignored);
    if (status.ok()) times_.segments = options_.segment_ms();
    return status;
  }

  Executor& full_;
  Executor& adaptive_;
  const Policy& policy_;
  const VerifyOptions& options_;
  std::vector<Scoring> scoring_;
  Outputs full_out_;
  Outputs adaptive_out_;
  Times times_;  ///< of the last batch
  double load_ms_ = 0;
  double full_ms_ = 0;
  double adaptive_ms_ = 0;
  double segment_ms_ = 0;
  bool all_measured_ = true;
  double full_macs_ = 0;
  double adaptive_macs_ = 0;
  AnswerChanges changes_;
  std::vector<Disagreement> disagree_;
};

}  // namespace

std::string Disagreement::text() const {
  std::string out = "sample " + std::to_string(sample) + ": ";
  if (expected_exit == found_exit && expected_answer == found_answer) {
    return out + "logits at exit " + std::to_string(found_exit) + " have other bits";
  }
  return out + "exit " + std::to_string(found_exit) + " (expected " +
         std::to_string(expected_exit) + "), class " + std::to_string(found_answer) +
         " (expected " + std::to_string(expected_answer) + ")";
}

std::vector<Disagreement> compare_with_hindsight(std::span<const Tensor> full,
                                                 std::span<const Scoring> scoring,
                                                 const ResolvedPolicy& policy,
                                                 const Outputs& adaptive, int64_t first_sample) {
  std::vector<Disagreement> out;
  const auto exits = adaptive.exit.data<int64_t>();
  for (size_t i = 0; i < exits.size(); ++i) {
    const auto sample = static_cast<int64_t>(i);
    const int found = static_cast<int>(exits[i]);
    int expected = expected_exit(full, scoring, policy, sample);
    // Time may let a sample leave before its scores do, never after.
    if (policy.deadline_ms && found < expected && is_asked(policy, found)) expected = found;
    const auto wanted = row_of(full[static_cast<size_t>(expected)], sample);
    const auto got = row_of(adaptive.logits, sample);
    if (found == expected && same_bits(wanted, got)) continue;
    out.push_back({.sample = first_sample + sample,
                   .expected_exit = expected,
                   .found_exit = found,
                   .expected_answer = first_maximum(wanted),
                   .found_answer = first_maximum(got)});
  }
  return out;
}

double executed_segment_ms(std::span<const double> segment_ms, std::span<const int> asked,
                           std::span<const int64_t> exits) {
  FOVEA_CHECK(segment_ms.size() == asked.size());
  double sum = 0;
  for (const int64_t exit : exits) {
    for (size_t s = 0; s < asked.size() && asked[s] <= exit; ++s) sum += segment_ms[s];
  }
  return sum / static_cast<double>(exits.size());
}

Result<Verification> verify(Executor& full, Executor& adaptive, const InputSource& source,
                            const Policy& policy, const VerifyOptions& options) {
  Status status = check_replay_points(policy);
  if (!status.ok()) return status.error();
  const Result<ResolvedPolicy> resolved = resolve(policy, full.graph(), source.n());
  if (!resolved.ok()) return resolved.error();
  Verifier verifier(full, adaptive, policy, options);
  status = for_each_batch(source.n(), options.pass, [&](int64_t begin, int64_t end) {
    return verifier.batch(source, begin, end);
  });
  if (!status.ok()) return status.error();
  return verifier.result(source.n());
}

}  // namespace fovea
