#include "eval/budgeted.h"

#include <numeric>
#include <string>

#include "eval/anytime.h"

namespace fovea {
namespace {

/// Where samples leave under the thresholds of the rule itself, 1e8 and -1e8 included.
HindsightResult apply_thresholds(const Scores& scores, const ExitTable& table,
                                 const std::vector<float>& thresholds) {
  std::vector<int> all(thresholds.size());
  std::iota(all.begin(), all.end(), 0);
  const std::vector<std::optional<float>> rules(thresholds.begin(), thresholds.end());
  return judge(scores, table, exits_in_hindsight(table, all, rules));
}

std::vector<int64_t> correct_of(const Scores& scores) {
  std::vector<int64_t> correct;
  for (const ExitAccuracy& accuracy : anytime_accuracy(scores)) correct.push_back(accuracy.top1);
  return correct;
}

}  // namespace

Result<BudgetedReport> budgeted_batch(const Scores& val, const Scores& test) {
  for (const auto& [scores, name] : {std::pair{&val, "val"}, std::pair{&test, "test"}}) {
    const Status fits = check_scores(*scores, name);
    if (!fits.ok()) return fits.error();
  }
  if (val.n_exits() != test.n_exits() || val.n_classes() != test.n_classes()) {
    return ErrorInfo{.kind = ErrorKind::kBadInput,
                     .what = "held-out and test scores differ in exits or classes",
                     .where = "scores",
                     .expected = val.values.shape().text(),
                     .found = test.values.shape().text()};
  }
  BudgetedReport report{.val_correct = correct_of(val), .test_correct = correct_of(test)};
  const ExitTable val_table = exit_table(val);
  const ExitTable test_table = exit_table(test);
  for (OfficialPoint& point : solve_official(val_table)) {
    BudgetedRow row{.val = apply_thresholds(val, val_table, point.thresholds),
                    .test = apply_thresholds(test, test_table, point.thresholds)};
    row.point = std::move(point);
    report.rows.push_back(std::move(row));
  }
  return report;
}

}  // namespace fovea
