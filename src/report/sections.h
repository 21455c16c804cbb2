// The parts of a report, one file each.
#pragma once

#include <string>
#include <vector>

#include "report/chart.h"
#include "report/facts.h"
#include "report/page.h"

namespace fovea::report {

/// What a report is made from. `other` is the model compared with, or null.
struct Subject {
  const ModelFacts& model;
  const ModelFacts* other = nullptr;
  const SetupFacts& setup;
  const PictureSource& pictures;
};

/// Those below that need data demand `model.data`.
[[nodiscard]] Section accuracy_section(const Subject& subject);
[[nodiscard]] Section exits_section(const Subject& subject);
[[nodiscard]] Section reliability_section(const Subject& subject);
[[nodiscard]] Section pictures_section(const Subject& subject);
[[nodiscard]] Section confusion_section(const Subject& subject);
[[nodiscard]] Section ledger_section(const Subject& subject);
/// Of one model, which demands `data->shift`; `suffix` keeps the names of several apart.
[[nodiscard]] Section shift_section(const ModelFacts& model, const std::string& suffix = "");
/// What the models say of themselves: costs of their exits, and accuracies of their training.
[[nodiscard]] Section costs_section(const Subject& subject);
/// Demands `other` with data.
[[nodiscard]] Section compare_section(const Subject& subject);
/// Demands `model.training`.
[[nodiscard]] Section training_section(const Subject& subject);
[[nodiscard]] Section layers_section(const Subject& subject);
[[nodiscard]] Section setup_section(const Subject& subject);

/// All sections that the facts allow.
[[nodiscard]] Page report_page(const Subject& subject);
/// The numbers of a report as JSON (docs/json.md).
[[nodiscard]] std::string report_json(const Subject& subject);

/// "cifar10 test, n = 10,000, JPEG pictures".
[[nodiscard]] std::string sample_words(const DataFacts& data);
/// "cifar10 test, n = 10,000, JPEG pictures, trained with seed 1": stands under every figure that
/// shows data.
[[nodiscard]] std::string data_words(const ModelFacts& model);
/// "NAME, 2 threads, batch 64": for figures of times.
[[nodiscard]] std::string machine_words(const SetupFacts& setup);
/// The last line of a caption. The command stands once, on top of the page.
[[nodiscard]] std::string origin(const std::string& where);
/// A point of a chart of accuracies in per cent, with its 95 % interval.
[[nodiscard]] Point accuracy_point(double x, const PolicyPoint& point, const std::string& unit);
/// Sorted by x, for points that a line joins.
[[nodiscard]] std::vector<Point> sorted_by_x(std::vector<Point> points);
/// Lets an interval of x reach from the fastest to the slowest round.
void add_rounds(Point& point, const PolicyPoint& policy);
/// "1.234 [1.200, 1.300]" as HTML: median of the rounds, and how far they went; "-" where it was
/// not run.
[[nodiscard]] std::string ms_words(const PolicyPoint& policy);
/// "80.15 [79.36, 80.92]" of accuracies in per cent, as HTML: the interval is no ± near 0 and 100.
[[nodiscard]] std::string with_interval(int64_t correct, int64_t n);

}  // namespace fovea::report
