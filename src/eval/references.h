// What a decision scheme is measured against (specs/survey.md 3.4): it is worth what it gains from
// a coin towards an oracle.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "calibrate/scores.h"
#include "eval/anytime.h"
#include "fovea/graph.h"

namespace fovea {

/// An oracle that may use exits 0..last.
struct OraclePoint {
  int last = 0;
  int64_t n = 0;  ///< samples whose class is known
  int64_t correct = 0;
  double macs = 0;              ///< mean multiply-adds of those samples
  std::vector<int64_t> counts;  ///< [K], of those samples
};

/// Each sample leaves at its first right exit, and at the first exit where no exit is right, since
/// nothing that it could cost would help: no choice of exits 0..last is more accurate, and none as
/// accurate is cheaper. One point for each last exit; all exits up to it are asked.
[[nodiscard]] std::vector<OraclePoint> oracle_curve(const ExitTable& table,
                                                    std::span<const int64_t> labels,
                                                    const Graph& graph);

/// Expected top-1 (per cent) where a coin that does not look lets the same share of samples leave
/// at each exit as `counts` says; it costs what the policy with these counts costs. Nothing where
/// an exit at which samples leave has no accuracy.
[[nodiscard]] std::optional<double> random_top1(std::span<const int64_t> counts,
                                                std::span<const ExitAccuracy> accuracies);

}  // namespace fovea
