// Accuracy against multiply-adds and against time, with the static baselines on the same axes.
#include <algorithm>

#include "eval/interval.h"
#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kMillion = 1e6;

struct Curve {
  const std::vector<PolicyPoint>* points;
  std::string name;
  std::string colour;
  Mark mark;
  Line line;
  bool band = false;
};

using Cost = std::optional<double> (*)(const PolicyPoint&);

std::optional<double> macs_of(const PolicyPoint& point) { return point.macs / kMillion; }
std::optional<double> ms_of(const PolicyPoint& point) { return point.ms; }

std::vector<Curve> curves_of(const DataFacts& data, const std::vector<PolicyPoint>& chosen) {
  return {
      {&data.thresholds, "one threshold", "s0", Mark::kCircle, Line::kSolid, true},
      {&data.official, "published rule", "s1", Mark::kSquare, Line::kSolid},
      {&data.stored, "stored policies", "s3", Mark::kTriangle, Line::kNone},
      {&data.fixed, "fixed exits", "s2", Mark::kDiamond, Line::kDashed},
      {&data.oracle, "first right exit (oracle)", "s4", Mark::kNone, Line::kDashed},
      {&data.random, "coin with the shares of one threshold", "quiet", Mark::kNone, Line::kDashed},
      {&chosen, "this report's policy", "ink", Mark::kCross, Line::kNone},
  };
}

Figure figure_of(const DataFacts& data, const std::string& name, const std::string& title,
                 const std::string& unit, Cost cost) {
  const std::vector<PolicyPoint> chosen{data.chosen};
  Chart chart{
      .title = title, .x = {.label = unit, .tight = true}, .y = {.label = "top-1 accuracy, %"}};
  Csv csv({"curve", "policy", "macs", "ms", "top1", "low", "high", "n"});
  double least = 0;
  double most = 0;
  for (const Curve& curve : curves_of(data, chosen)) {
    Series series{.name = curve.name,
                  .colour = curve.colour,
                  .mark = curve.mark,
                  .line = curve.line,
                  .band = curve.band};
    for (const PolicyPoint& point : *curve.points) {
      const std::optional<double> x = cost(point);
      if (!x || point.n == 0) continue;
      least = most == 0 ? *x : std::min(least, *x);
      most = std::max(most, *x);
      series.points.push_back(accuracy_point(*x, point, unit));
      if (cost == ms_of) add_rounds(series.points.back(), point);
      // Policies of a calibrated model lie close; whiskers of all of them would hide the curve.
      if ((curve.line == Line::kSolid && !curve.band) || curve.mark == Mark::kNone) {
        series.points.back().low.reset();
        series.points.back().high.reset();
      }
      const Interval share = wilson(point.correct, point.n);
      csv.add({curve.name, point.name, shortest(point.macs), point.ms ? shortest(*point.ms) : "",
               shortest(point.top1()), shortest(100 * share.low), shortest(100 * share.high),
               std::to_string(point.n)});
    }
    if (curve.line != Line::kNone) series.points = sorted_by_x(std::move(series.points));
    if (series.points.empty()) series.name.clear();
    chart.series.push_back(std::move(series));
  }
  chart.x.log = least > 0 && most > 12 * least;
  return {.name = name, .svg = draw(chart), .csv = csv.text()};
}

/// Time of `a` in per cent of that of `b`, round by round.
std::string ratio_words(const PolicyPoint& a, const PolicyPoint& b) {
  std::vector<double> ratios;
  for (size_t r = 0; r < a.rounds_ms.size(); ++r) ratios.push_back(a.rounds_ms[r] / b.rounds_ms[r]);
  std::sort(ratios.begin(), ratios.end());
  const size_t n = ratios.size();
  return fixed(50 * (ratios[(n - 1) / 2] + ratios[n / 2]), 1) + " % [" +
         fixed(100 * ratios.front(), 1) + ", " + fixed(100 * ratios.back(), 1) + "]";
}

std::vector<std::string> row_of(const std::string& name, const PolicyPoint& point) {
  return {name, with_interval(point.correct, point.n), counted(point.macs), ms_words(point)};
}

/// The policy between what a static network does for the same work and the whole network.
std::string summary_table(const DataFacts& data) {
  std::vector<std::vector<std::string>> rows{
      row_of("adaptive: " + escaped(data.chosen.name), data.chosen)};
  for (size_t e = data.fixed.size() - 1; e-- > 0;) {
    if (data.fixed[e].macs > data.chosen.macs) continue;
    rows.push_back(row_of("exit " + std::to_string(e) + " for all, no dearer", data.fixed[e]));
    break;
  }
  rows.push_back(row_of("last exit for all", data.fixed.back()));
  return table({"policy", "top-1, %", "multiply-adds a sample", "ms a sample"}, rows);
}

std::string lead_of(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  const PolicyPoint& last = data.fixed.back();
  const PolicyPoint& chosen = data.chosen;
  int64_t only_last = 0;
  int64_t only_chosen = 0;
  for (int64_t i = 0; i < data.scores.n(); ++i) {
    const auto place = static_cast<size_t>(i);
    const int64_t label = data.scores.labels[place];
    if (label < 0) continue;
    const bool a = data.table.answer_at(data.table.n_exits - 1, i) == label;
    const bool b = data.adaptive.answers[place] == label;
    if (a && !b) ++only_last;
    if (b && !a) ++only_chosen;
  }
  const PairedDifference paired = paired_difference(chosen.n, only_last, only_chosen);
  std::string out =
      "<p>Compared with everybody at the last exit, <b>" + escaped(chosen.name) + "</b>";
  if (last.macs > 0) out += " does " + fixed(100 * chosen.macs / last.macs, 1) + " % of the work";
  if (chosen.ms && last.ms) out += " in " + ratio_words(chosen, last) + " of the time";
  out += "; accuracy changes by " + with_sign(100 * paired.difference, 2) + " ± " +
         fixed(100 * paired.half_width, 2) + " points on the same samples.</p>\n" +
         summary_table(data) +
         "<p class=\"note\">top-1 [low, high]: 95 % interval (Wilson); ±: half of the paired one";
  if (last.ms) {
    out += "; times: median [lowest, highest] of " + std::to_string(last.rounds_ms.size()) +
           " rounds side by side";
  }
  return out + ".</p>\n";
}

/// A narrow page puts it below its value.
std::string interval_html(const std::string& low, const std::string& high) {
  return " <span class=\"interval\">[" + low + ", " + high + "]</span>";
}

}  // namespace

Point accuracy_point(double x, const PolicyPoint& point, const std::string& unit) {
  const Interval share = wilson(point.correct, point.n);
  return {.x = x,
          .y = point.top1(),
          .low = 100 * share.low,
          .high = 100 * share.high,
          .hint = point.name + ": " + fixed(point.top1(), 2) + " %, " + shortest(x) + " " + unit};
}

std::vector<Point> sorted_by_x(std::vector<Point> points) {
  std::stable_sort(points.begin(), points.end(),
                   [](const Point& a, const Point& b) { return a.x < b.x; });
  return points;
}

void add_rounds(Point& point, const PolicyPoint& policy) {
  if (policy.rounds_ms.empty()) return;
  const auto [low, high] = std::minmax_element(policy.rounds_ms.begin(), policy.rounds_ms.end());
  point.left = *low;
  point.right = *high;
}

std::string ms_words(const PolicyPoint& policy) {
  if (!policy.ms) return "-";
  const auto [low, high] = std::minmax_element(policy.rounds_ms.begin(), policy.rounds_ms.end());
  return fixed(*policy.ms, 3) + interval_html(fixed(*low, 3), fixed(*high, 3));
}

std::string with_interval(int64_t correct, int64_t n) {
  if (n == 0) return "-";
  const Interval share = wilson(correct, n);
  return fixed(100.0 * static_cast<double>(correct) / static_cast<double>(n), 2) +
         interval_html(fixed(100 * share.low, 2), fixed(100 * share.high, 2));
}

Section accuracy_section(const Subject& subject) {
  const DataFacts& data = *subject.model.data;
  Section section{.id = "accuracy", .title = "Accuracy and cost", .lead = lead_of(subject)};
  const std::string rule = data.official.empty() ? ""
                           : data.official_cross_fit
                               ? " The published rule's thresholds are solved on one half of the "
                                 "samples and judged on the "
                                 "other, both ways."
                               : " The published rule's points are those stored in the model.";
  const std::string reading =
      "Each point is a policy; up and left is better. Diamonds let everybody leave at one exit. "
      "Band and upright lines: 95 % intervals (Wilson). Dashed without marks: what deciding is "
      "measured against. The oracle lets each sample leave at its first right exit (at the first "
      "exit where none is right): nothing is more accurate for less; the coin lets as many leave "
      "at each exit as the threshold does, without looking: what is above it is gained by "
      "looking." +
      rule;
  Figure macs = figure_of(data, "accuracy-macs", "top-1 accuracy against multiply-adds",
                          "million multiply-adds a sample", macs_of);
  macs.caption = reading + origin(data_words(subject.model));
  section.figures.push_back(std::move(macs));
  Figure ms = figure_of(data, "accuracy-ms", "top-1 accuracy against time", "ms a sample", ms_of);
  ms.caption = "The same for policies that were run: wall time, loading included, of " +
               grouped(data.n_timed) + " samples from all over the data, median of " +
               std::to_string(data.fixed.back().rounds_ms.size()) +
               " rounds that run all policies side by side; lines to the sides reach the fastest "
               "and the slowest round. Accuracy is of all samples." +
               origin(data_words(subject.model) + " · " + machine_words(subject.setup));
  section.figures.push_back(std::move(ms));
  return section;
}

}  // namespace fovea::report
