#include "eval/references.h"

#include <numeric>

#include "graph/cost.h"

namespace fovea {

std::vector<OraclePoint> oracle_curve(const ExitTable& table, std::span<const int64_t> labels,
                                      const Graph& graph) {
  std::vector<OraclePoint> out;
  std::vector<int> asked;
  for (int last = 0; last < table.n_exits; ++last) {
    asked.push_back(last);
    OraclePoint point{.last = last,
                      .counts = std::vector<int64_t>(static_cast<size_t>(table.n_exits), 0)};
    for (int64_t i = 0; i < table.n; ++i) {
      const int64_t label = labels[static_cast<size_t>(i)];
      if (label < 0) continue;
      int exit = 0;
      while (exit <= last && table.answer_at(exit, i) != label) ++exit;
      ++point.n;
      point.correct += exit <= last ? 1 : 0;
      ++point.counts[static_cast<size_t>(exit <= last ? exit : 0)];
    }
    const std::vector<int64_t> macs = macs_when_leaving(graph, asked);
    for (size_t e = 0; e < macs.size() && point.n > 0; ++e) {
      point.macs += static_cast<double>(point.counts[e]) / static_cast<double>(point.n) *
                    static_cast<double>(macs[e]);
    }
    out.push_back(std::move(point));
  }
  return out;
}

std::optional<double> random_top1(std::span<const int64_t> counts,
                                  std::span<const ExitAccuracy> accuracies) {
  FOVEA_CHECK(counts.size() <= accuracies.size());
  const auto n = static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0}));
  if (n == 0) return std::nullopt;
  double out = 0;
  for (size_t e = 0; e < counts.size(); ++e) {
    if (counts[e] == 0) continue;
    const std::optional<double> top1 = accuracies[e].top1_percent();
    if (!top1) return std::nullopt;
    out += static_cast<double>(counts[e]) / n * *top1;
  }
  return out;
}

}  // namespace fovea
