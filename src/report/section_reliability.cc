// Is an exit as often right as it is sure?
#include "eval/interval.h"
#include "report/sections.h"
#include "report/style.h"
#include "report/text.h"

namespace fovea::report {
namespace {

/// The ECE of those that a policy brings to an exit: the sure ones have left before.
std::string reached_words(const Reliability& reached) {
  if (reached.n == 0) return "no sample comes here";
  return "of the " + grouped(reached.n) + " samples that come here " + fixed(100 * reached.ece, 2) +
         " %";
}

Figure diagram(const Subject& subject, int exit) {
  const DataFacts& data = *subject.model.data;
  const Reliability& facts = data.exits[static_cast<size_t>(exit)].reliability;
  const std::string colour = exit_class(exit, static_cast<int>(data.exits.size()));
  Chart chart{.title = "reliability of exit " + std::to_string(exit),
              .x = {.label = "confidence, %", .low = 0, .high = 100},
              .y = {.label = "right, %", .low = 0, .high = 100},
              .width = 300,
              .height = 250};
  chart.series.push_back({.colour = "quiet",
                          .mark = Mark::kNone,
                          .line = Line::kDashed,
                          .points = {{.x = 0, .y = 0}, {.x = 100, .y = 100}}});
  Series series{.colour = colour};
  Csv csv({"low", "high", "n", "correct", "mean_confidence"});
  for (const ReliabilityBin& bin : facts.bins) {
    csv.add({shortest(bin.low), shortest(bin.high), std::to_string(bin.n),
             std::to_string(bin.correct), shortest(bin.mean_confidence)});
    if (bin.n == 0) continue;
    const Interval share = wilson(bin.correct, bin.n);
    const double right = 100.0 * static_cast<double>(bin.correct) / static_cast<double>(bin.n);
    series.points.push_back({.x = 100 * bin.mean_confidence,
                             .y = right,
                             .low = 100 * share.low,
                             .high = 100 * share.high,
                             .hint = grouped(bin.n) + " samples, sure by " +
                                     fixed(100 * bin.mean_confidence, 1) + " %, right in " +
                                     fixed(right, 1) + " %"});
    chart.bars.push_back({.from = 100 * bin.low,
                          .to = 100 * bin.high,
                          .y = 100.0 * static_cast<double>(bin.n) / static_cast<double>(facts.n),
                          .colour = "quiet",
                          .hint = grouped(bin.n) + " samples"});
  }
  chart.series.push_back(std::move(series));
  return {.name = "reliability-" + std::to_string(exit),
          .svg = draw(chart),
          .caption = "<b>Exit " + std::to_string(exit) + "</b>, ECE " + fixed(100 * facts.ece, 2) +
                     " %; " + reached_words(data.exits[static_cast<size_t>(exit)].reached),
          .csv = csv.text()};
}

}  // namespace

Section reliability_section(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  Section section{
      .id = "reliability",
      .title = "Reliability",
      .lead =
          "<p>Below the dashed line an exit is surer than it should be: thresholds on its "
          "confidence then let out samples that are wrong.</p>\n",
      .small_figures = true,
      .tail =
          "<p class=\"note\">Of all samples at every exit, in 15 bins of equal width: points are "
          "how often the answer is right, with 95 % intervals (Wilson); grey bars are the share "
          "of samples in the bin. Confidence is the largest softmax. ECE: expected calibration "
          "error, of all samples, then of those that come to the exit under the report's policy." +
          origin(data_words(subject.model)) + "</p>\n"};
  for (int e = 0; e < static_cast<int>(data.exits.size()); ++e) {
    section.figures.push_back(diagram(subject, e));
  }
  return section;
}

}  // namespace fovea::report
