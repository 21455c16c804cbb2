#include "calibrate/rule.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calibrate/hindsight.h"
#include "calibrate/official.h"
#include "graph/cost.h"

namespace fovea {

AskedCost macs_of(const Graph& graph) {
  return [&graph](std::span<const int> asked) {
    const std::vector<int64_t> macs = macs_when_leaving(graph, asked);
    return std::vector<double>(macs.begin(), macs.end());
  };
}

std::vector<int> ThresholdRule::asked() const {
  std::vector<int> out;
  for (int exit = 0; exit < last; ++exit) {
    if (thresholds[static_cast<size_t>(exit)]) out.push_back(exit);
  }
  out.push_back(last);
  return out;
}

Policy ThresholdRule::policy() const {
  Policy out;
  const auto n_exits = static_cast<int>(thresholds.size());
  if (last + 1 < n_exits) out.exit = last;
  if (asked().size() == 1) return out;
  out.thresholds.resize(thresholds.size() - 1);
  for (int exit = 0; exit < last; ++exit) {
    out.thresholds[static_cast<size_t>(exit)] = thresholds[static_cast<size_t>(exit)];
  }
  if (patience > 0) out.patience = patience;
  return out;
}

ThresholdRule ThresholdRule::agreeing(int patience, int last, int n_exits) {
  ThresholdRule out = only(last, n_exits);
  std::fill_n(out.thresholds.begin(), last, kNobodyLeaves);
  out.patience = patience;
  return out;
}

ThresholdRule ThresholdRule::only(int exit, int n_exits) {
  return {.thresholds = std::vector<std::optional<float>>(static_cast<size_t>(n_exits)),
          .last = exit};
}

std::optional<ThresholdRule> rule_of(const Policy& policy, int n_exits) {
  if (policy.deadline_ms || policy.max_macs || policy.replay || !policy.points.empty() ||
      policy.thresholds.size() > static_cast<size_t>(n_exits)) {
    return std::nullopt;
  }
  ThresholdRule rule{.thresholds = policy.thresholds,
                     .last = std::clamp(policy.exit.value_or(n_exits - 1), 0, n_exits - 1),
                     .patience = policy.patience.value_or(0)};
  // Patience without thresholds asks every exit.
  if (policy.patience && rule.thresholds.empty()) {
    rule.thresholds.assign(static_cast<size_t>(n_exits), kNobodyLeaves);
  }
  rule.thresholds.resize(static_cast<size_t>(n_exits));
  return rule;
}

RuleData::RuleData(ExitTable table, std::vector<int64_t> labels, AskedCost cost,
                   double change_penalty)
    : table_(std::move(table)),
      labels_(std::move(labels)),
      cost_(std::move(cost)),
      change_penalty_(change_penalty) {
  FOVEA_CHECK(labels_.size() == static_cast<size_t>(table_.n) && table_.n_exits > 0);
  for (int exit = 0; exit < table_.n_exits; ++exit) {
    const auto confidence = table_.confidences(exit);
    std::vector<int32_t> order;
    for (int32_t i = 0; i < static_cast<int32_t>(table_.n); ++i) {
      if (!std::isnan(confidence[static_cast<size_t>(i)])) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&confidence](int32_t a, int32_t b) {
      return confidence[static_cast<size_t>(a)] > confidence[static_cast<size_t>(b)];
    });
    order_.push_back(std::move(order));
  }
}

RuleData RuleData::penalised(double change_penalty) const {
  RuleData out = *this;
  out.change_penalty_ = change_penalty;
  return out;
}

double RuleData::value(int exit, int64_t sample) const {
  const bool here = correct(exit, sample);
  const double worth = here ? 1 : 0;
  if (change_penalty_ == 0) return worth;
  return here == correct(n_exits() - 1, sample) ? worth : worth - change_penalty_;
}

const std::vector<double>& RuleData::costs(std::span<const int> asked) const {
  auto [at, is_new] = costs_.try_emplace({asked.begin(), asked.end()});
  if (is_new) {
    at->second.assign(static_cast<size_t>(n_exits()), 0);
    const std::vector<double> found = cost_(asked);
    for (size_t i = 0; i < asked.size(); ++i) at->second[static_cast<size_t>(asked[i])] = found[i];
  }
  return at->second;
}

std::vector<int> RuleData::exits(const ThresholdRule& rule) const {
  return exits_in_hindsight(table_, rule.asked(), rule.thresholds, rule.patience);
}

RuleResult RuleData::judge(const ThresholdRule& rule) const {
  RuleResult out{.counts = std::vector<int64_t>(static_cast<size_t>(n_exits()), 0)};
  const std::vector<double>& cost = costs(rule.asked());
  const std::vector<int> taken = exits(rule);
  for (int64_t i = 0; i < n(); ++i) {
    const int exit = taken[static_cast<size_t>(i)];
    ++out.counts[static_cast<size_t>(exit)];
    out.value += value(exit, i);
    if (correct(exit, i)) ++out.correct;
  }
  for (size_t e = 0; e < cost.size(); ++e) {
    out.cost += static_cast<double>(out.counts[e]) * cost[e];
  }
  out.cost /= static_cast<double>(n());
  return out;
}

ExitTable rows_of(const ExitTable& table, std::span<const int64_t> samples) {
  ExitTable out{.n_exits = table.n_exits, .n = static_cast<int64_t>(samples.size())};
  for (int exit = 0; exit < table.n_exits; ++exit) {
    for (const int64_t i : samples) {
      out.confidence.push_back(table.confidence_at(exit, i));
      out.answer.push_back(table.answer_at(exit, i));
    }
  }
  return out;
}

std::vector<int64_t> rows_of(std::span<const int64_t> labels, std::span<const int64_t> samples) {
  std::vector<int64_t> out;
  for (const int64_t i : samples) out.push_back(labels[static_cast<size_t>(i)]);
  return out;
}

}  // namespace fovea
