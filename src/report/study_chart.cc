#include "report/study_chart.h"

#include <algorithm>
#include <span>

#include "report/chart.h"
#include "report/style.h"

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

void add(Chart& chart, Series series, std::span<const CostPoint> points) {
  for (const CostPoint& point : points) {
    if (!point.top1) continue;
    series.points.push_back({.x = point.macs / kMillion, .y = *point.top1, .hint = point.name});
  }
  if (!series.points.empty()) chart.series.push_back(std::move(series));
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
  add(chart, {.name = "not adaptive", .colour = "s2", .mark = Mark::kDiamond, .line = Line::kNone},
      study.baselines);
  return standing_alone(draw(chart));
}

}  // namespace fovea::report
