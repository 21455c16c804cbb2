#include "report/study_chart.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "eval/references.h"
#include "report/chart.h"
#include "report/scale.h"
#include "report/style.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kMillion = 1e6;

std::vector<CostPoint> budgeted_points(const Study& study) {
  std::vector<CostPoint> points;
  for (size_t i = 0; i < study.budgeted->rows.size(); ++i) {
    if (i < study.executed.size()) {
      points.push_back({.macs = study.executed[i].mean_macs, .top1 = study.executed[i].top1});
      continue;
    }
    const HindsightResult& test = study.budgeted->rows[i].test;
    const auto n = static_cast<double>(std::max<size_t>(1, test.exits.size()));
    points.push_back({.macs = static_cast<double>(test.cost),
                      .top1 = 100 * static_cast<double>(test.correct) / n});
  }
  std::sort(points.begin(), points.end(),
            [](const CostPoint& a, const CostPoint& b) { return a.macs < b.macs; });
  return points;
}

/// A coin with the shares of each budgeted policy.
std::vector<CostPoint> random_points(const Study& study) {
  std::vector<CostPoint> points;
  for (const BudgetedRow& row : study.budgeted->rows) {
    points.push_back({.name = "coin with the shares of " + row.point.name,
                      .macs = static_cast<double>(row.test.cost),
                      .top1 = random_top1(row.test.counts, study.accuracies)});
  }
  std::sort(points.begin(), points.end(),
            [](const CostPoint& a, const CostPoint& b) { return a.macs < b.macs; });
  return points;
}

void add(Chart& chart, Series series, std::span<const CostPoint> points) {
  for (const CostPoint& point : points) {
    if (!point.top1) continue;
    series.points.push_back({.x = point.macs / kMillion, .y = *point.top1, .hint = point.name});
  }
  if (!series.points.empty()) chart.series.push_back(std::move(series));
}

void add_references(Chart& chart, const Study& study) {
  add(chart,
      {.name = "first right exit (oracle)",
       .colour = "s3",
       .mark = Mark::kNone,
       .line = Line::kDashed},
      study.oracle);
  if (!study.budgeted) return;
  add(chart,
      {.name = "coin with the same shares",
       .colour = "quiet",
       .mark = Mark::kNone,
       .line = Line::kDashed},
      random_points(study));
}

/// Networks that were given beside it, each under its own name.
void add_baselines(Chart& chart, std::span<const CostPoint> baselines) {
  constexpr std::array<std::pair<const char*, Mark>, 3> kLooks{
      {{"s4", Mark::kSquare}, {"s5", Mark::kTriangle}, {"s3", Mark::kCircle}}};
  for (size_t i = 0; i < baselines.size(); ++i) {
    const auto& [colour, mark] = kLooks[i % kLooks.size()];
    add(chart, {.name = baselines[i].name, .colour = colour, .mark = mark, .line = Line::kNone},
        baselines.subspan(i, 1));
  }
}

/// A budget between two exits gives what the cheaper one does.
std::vector<Point> as_steps(const std::vector<Point>& points) {
  std::vector<Point> out;
  for (const Point& point : points) {
    if (!out.empty()) out.push_back({.x = point.x, .y = out.back().y});
    out.push_back(point);
  }
  return out;
}

/// The axis shows the network's own curves. A baseline far below them would press them into one
/// line: it is drawn at the axis' end, and its name says so.
void fit_axis(Chart& chart, size_t n_own) {
  double low = 100;
  double high = 0;
  for (const Series& series : std::span(chart.series).first(n_own)) {
    for (const Point& point : series.points) {
      low = std::min(low, point.y);
      high = std::max(high, point.y);
    }
  }
  if (low > high) return;
  const double end = rounded_range(low, high).low;
  bool any_below = false;
  for (Series& series : std::span(chart.series).subspan(n_own)) {
    const double y = series.points.front().y;
    if (y >= low - (high - low)) continue;
    any_below = true;
    series.name += " (" + fixed(y, 1) + " %, below the axis)";
  }
  if (any_below) chart.y.low = std::max(0.0, end);
  if (end > 0) chart.y.label += " (the axis does not begin at 0)";
}

}  // namespace

std::string study_svg(const Study& study, std::string_view title) {
  Chart chart{.title = std::string(title),
              .x = {.label = "million multiply-adds a picture", .from_zero = true},
              .y = {.label = "top-1 accuracy, %"},
              .width = 640,
              .height = 400};
  add(chart, {.name = "anytime", .colour = "s0", .mark = Mark::kNone}, study.anytime);
  if (!chart.series.empty()) chart.series[0].points = as_steps(chart.series[0].points);
  if (study.budgeted) {
    add(chart,
        {.name = study.executed.empty() ? "budgeted batch, judged" : "budgeted batch, executed",
         .colour = "s1",
         .mark = Mark::kNone},
        budgeted_points(study));
  }
  add_references(chart, study);
  const std::span<const CostPoint> alone(study.baselines);
  const size_t n_exits = std::min(study.anytime.size(), alone.size());
  add(chart, {.name = "exits alone", .colour = "s2", .mark = Mark::kDiamond, .line = Line::kNone},
      alone.first(n_exits));
  if (study.adaptive) {
    const CostPoint chosen{
        .name = "this policy", .macs = study.adaptive->mean_macs, .top1 = study.adaptive->top1};
    add(chart, {.name = "this policy", .colour = "ink", .mark = Mark::kCross, .line = Line::kNone},
        std::span(&chosen, 1));
  }
  const size_t n_own = chart.series.size();
  add_baselines(chart, alone.subspan(n_exits));
  fit_axis(chart, n_own);
  return standing_alone(draw(chart));
}

}  // namespace fovea::report
