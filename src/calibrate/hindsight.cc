#include "calibrate/hindsight.h"

#include <algorithm>
#include <string>

namespace fovea {

std::vector<int> exits_in_hindsight(const ExitTable& table, std::span<const int> asked,
                                    std::span<const std::optional<float>> thresholds,
                                    int patience) {
  FOVEA_CHECK(!asked.empty() && asked.back() < table.n_exits);
  FOVEA_CHECK(thresholds.size() == static_cast<size_t>(table.n_exits));
  std::vector<int> exits(static_cast<size_t>(table.n), asked.back());
  for (int64_t sample = 0; sample < table.n; ++sample) {
    Agreement agreement;
    for (const int exit : asked) {
      const std::optional<float> threshold = thresholds[static_cast<size_t>(exit)];
      const float score = table.confidence_at(exit, sample);
      const bool agrees =
          patience > 0 && agreement.add(table.answer_at(exit, sample), score) >= patience;
      if (!agrees && !(threshold && passes(score, *threshold))) continue;
      exits[static_cast<size_t>(sample)] = exit;
      break;
    }
  }
  return exits;
}

Result<std::vector<int>> exits_in_hindsight(const ExitTable& table, const Policy& policy,
                                            const Graph& graph) {
  const auto misfit = [](std::string what, int64_t expected, int64_t found) {
    return ErrorInfo{.kind = ErrorKind::kUsage,
                     .what = std::move(what),
                     .where = "recorded scores",
                     .expected = std::to_string(expected),
                     .found = std::to_string(found)};
  };
  if (table.n_exits != graph.n_exits()) {
    return misfit("scores and network differ in exits", graph.n_exits(), table.n_exits);
  }
  const Result<ResolvedPolicy> resolved = resolve(policy, graph);
  if (!resolved.ok()) return resolved.error();
  const ResolvedPolicy& rules = resolved.value();
  if (rules.replay) {
    const auto at = rules.replay->points.find("exit");
    if (at != rules.replay->points.end()) {
      const auto exits = at->second.data<int64_t>();
      if (static_cast<int64_t>(exits.size()) != table.n) {
        return misfit("the replay holds another number of samples", table.n,
                      static_cast<int64_t>(exits.size()));
      }
      std::vector<int> out;
      for (const int64_t exit : exits) out.push_back(static_cast<int>(exit));
      return out;
    }
  }
  return exits_in_hindsight(table, rules.asked, rules.thresholds, rules.patience);
}

HindsightResult judge(const Scores& scores, const ExitTable& table, std::vector<int> exits) {
  FOVEA_CHECK(exits.size() == static_cast<size_t>(table.n));
  HindsightResult result{.exits = std::move(exits),
                         .counts = std::vector<int64_t>(static_cast<size_t>(table.n_exits), 0)};
  for (int64_t sample = 0; sample < table.n; ++sample) {
    const int exit = result.exits[static_cast<size_t>(sample)];
    ++result.counts[static_cast<size_t>(exit)];
    if (table.answer_at(exit, sample) == scores.labels[static_cast<size_t>(sample)]) {
      ++result.correct;
    }
  }
  for (size_t exit = 0; exit < result.counts.size(); ++exit) {
    const auto share =
        static_cast<float>(static_cast<double>(result.counts[exit]) / static_cast<double>(table.n));
    result.cost += share * static_cast<float>(scores.costs[exit]);
  }
  return result;
}

}  // namespace fovea
