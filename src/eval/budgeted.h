// Budgeted batch classification on recorded scores: thresholds from held-out samples, applied to
// them and to test samples in hindsight (specs/ranet.md 8.2).
#pragma once

#include <vector>

#include "calibrate/hindsight.h"
#include "calibrate/official.h"
#include "calibrate/scores.h"
#include "fovea/error.h"

namespace fovea {

struct BudgetedRow {
  OfficialPoint point;
  HindsightResult val;
  HindsightResult test;
};

struct BudgetedReport {
  std::vector<int64_t> val_correct;   ///< per exit, over all samples
  std::vector<int64_t> test_correct;  ///< per exit, over all samples
  std::vector<BudgetedRow> rows;      ///< one per ratio of the published rule
};

/// Errors (kBadInput): scores that do not fit their labels and costs, or each other.
[[nodiscard]] Result<BudgetedReport> budgeted_batch(const Scores& val, const Scores& test);

}  // namespace fovea
