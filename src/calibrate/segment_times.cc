#include "calibrate/segment_times.h"

#include <memory>

#include "graph/cost.h"

namespace fovea {
namespace {

/// Multiply-adds of every segment with all exits asked, and how they add up for other sets.
class SegmentMacs {
 public:
  explicit SegmentMacs(const Graph& graph) {
    const Block& main = graph.main();
    for (const Node& node : main.nodes) {
      macs_.push_back(static_cast<double>(node_cost(node, main, graph.params()).macs));
    }
    segment_of_.assign(main.nodes.size(), -1);
    for (int exit = 0; exit < graph.n_exits(); ++exit) {
      needs_.push_back(needed_by(graph, std::span(&exit, 1)));
      double sum = 0;
      for (size_t k = 0; k < macs_.size(); ++k) {
        if (needs_.back()[k] == 0 || segment_of_[k] >= 0) continue;
        segment_of_[k] = exit;
        sum += macs_[k];
      }
      sums_.push_back(sum);
    }
  }

  /// Per segment, the share of its multiply-adds that one of the exits needs.
  [[nodiscard]] std::vector<double> shares(std::span<const int> exits) const {
    std::vector<double> out(sums_.size(), 0);
    for (size_t k = 0; k < macs_.size(); ++k) {
      if (segment_of_[k] < 0) continue;
      for (const int exit : exits) {
        if (needs_[static_cast<size_t>(exit)][k] == 0) continue;
        out[static_cast<size_t>(segment_of_[k])] += macs_[k];
        break;
      }
    }
    for (size_t s = 0; s < out.size(); ++s) {
      // A segment without multiply-adds is run by whoever comes that far.
      const bool reached = !exits.empty() && static_cast<int>(s) <= exits.back();
      out[s] = sums_[s] > 0 ? out[s] / sums_[s] : (reached ? 1 : 0);
    }
    return out;
  }

 private:
  std::vector<double> macs_;
  std::vector<int> segment_of_;
  std::vector<std::vector<char>> needs_;
  std::vector<double> sums_;
};

}  // namespace

AskedCost ms_of(const SegmentTimes& times, const Graph& graph) {
  FOVEA_CHECK(times.segment_ms.size() == static_cast<size_t>(graph.n_exits()));
  const auto macs = std::make_shared<const SegmentMacs>(graph);
  return [times, macs](std::span<const int> asked) {
    std::vector<double> out;
    for (size_t i = 0; i < asked.size(); ++i) {
      const std::vector<double> shares = macs->shares(asked.subspan(0, i + 1));
      double ms = times.load_ms;
      for (size_t s = 0; s < shares.size(); ++s) ms += shares[s] * times.segment_ms[s];
      out.push_back(ms);
    }
    return out;
  };
}

}  // namespace fovea
