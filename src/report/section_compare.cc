// Two models on the same data.
#include <utility>

#include "eval/interval.h"
#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kMillion = 1e6;

using Cost = std::optional<double> (*)(const PolicyPoint&);

std::optional<double> macs_of(const PolicyPoint& point) { return point.macs / kMillion; }
std::optional<double> ms_of(const PolicyPoint& point) { return point.ms; }

/// Data and seeds of both models.
std::string pair_words(const Subject& subject) {
  const auto& [a, b] =
      std::pair(sample_words(*subject.model.data), sample_words(*subject.other->data));
  const auto seed = [](const ModelFacts& model) {
    return model.training ? "seed " + model.training->seed : std::string("unknown training");
  };
  return (a == b ? a : "A: " + a + "; B: " + b) + "; A: " + seed(subject.model) +
         ", B: " + seed(*subject.other);
}

void add_curves(Chart& chart, Csv& csv, const std::string& name, const DataFacts& data,
                const std::string& colour, Mark mark, Cost cost, const std::string& unit) {
  const auto add = [&](const std::vector<PolicyPoint>& points, const std::string& what, Line line,
                       Mark as) {
    Series series{.name = name + ", " + what, .colour = colour, .mark = as, .line = line};
    for (const PolicyPoint& point : points) {
      const std::optional<double> x = cost(point);
      if (!x || point.n == 0) continue;
      series.points.push_back(accuracy_point(*x, point, unit));
      if (cost == ms_of) add_rounds(series.points.back(), point);
      csv.add({name, what, point.name, shortest(*x), shortest(point.top1())});
    }
    // Policies of higher thresholds are not always slower.
    series.points = sorted_by_x(std::move(series.points));
    if (!series.points.empty()) chart.series.push_back(std::move(series));
  };
  add(data.thresholds, "one threshold", Line::kSolid, mark);
  add(data.fixed, "fixed exits", Line::kDashed, Mark::kDiamond);
}

Figure figure_of(const Subject& subject, const std::string& file, const std::string& unit,
                 const std::string& caption, Cost cost) {
  Chart chart{.title = "accuracy of both models against " + unit,
              .x = {.label = unit, .tight = true},
              .y = {.label = "top-1 accuracy, %"}};
  Csv csv({"model", "curve", "policy", "cost", "top1"});
  add_curves(chart, csv, "A", *subject.model.data, "s0", Mark::kCircle, cost, unit);
  add_curves(chart, csv, "B", *subject.other->data, "s1", Mark::kSquare, cost, unit);
  return {.name = file,
          .svg = draw(chart),
          .caption = caption + origin(pair_words(subject) + " · " + machine_words(subject.setup)),
          .csv = csv.text()};
}

std::vector<std::string> row_of(const std::string& name, const PolicyPoint& a,
                                const PolicyPoint& b) {
  return {name,
          with_interval(a.correct, a.n),
          with_interval(b.correct, b.n),
          counted(a.macs),
          counted(b.macs),
          ms_words(a),
          ms_words(b)};
}

/// Right answers of one model and not of the other, on the same samples.
std::string paired_text(const std::string& what, const DataFacts& a, const DataFacts& b,
                        const std::vector<int64_t>& answers_a,
                        const std::vector<int64_t>& answers_b) {
  if (a.scores.labels != b.scores.labels) return {};
  int64_t n = 0;
  int64_t only_a = 0;
  int64_t only_b = 0;
  for (size_t i = 0; i < a.scores.labels.size(); ++i) {
    const int64_t label = a.scores.labels[i];
    if (label < 0) continue;
    ++n;
    const bool right_a = answers_a[i] == label;
    const bool right_b = answers_b[i] == label;
    if (right_a && !right_b) ++only_a;
    if (right_b && !right_a) ++only_b;
  }
  const PairedDifference d = paired_difference(n, only_a, only_b);
  return "<p>" + what + ", on the same samples: B is " + with_sign(100 * d.difference, 2) + " ± " +
         fixed(100 * d.half_width, 2) + " points from A (only A right: " + grouped(only_a) +
         ", only B: " + grouped(only_b) + "; McNemar p = " + shortest(d.p) + ").</p>\n";
}

std::vector<int64_t> last_answers(const DataFacts& data) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < data.scores.n(); ++i) {
    out.push_back(data.table.answer_at(data.table.n_exits - 1, i));
  }
  return out;
}

}  // namespace

Section compare_section(const Subject& subject) {
  const DataFacts& a = *subject.model.data;
  const DataFacts& b = *subject.other->data;
  Section section{.id = "compare",
                  .title = "Comparison",
                  .lead = "<p>A: <b>" + escaped(subject.model.source) + "</b>. B: <b>" +
                          escaped(subject.other->source) + "</b>.</p>\n"};
  const std::string intervals = "Upright lines: 95 % intervals (Wilson).";
  section.figures.push_back(
      figure_of(subject, "compare-macs", "million multiply-adds a sample", intervals, macs_of));
  section.figures.push_back(
      figure_of(subject, "compare-ms", "ms a sample",
                "Policies of both models that were run in turn, in the same " +
                    std::to_string(a.chosen.rounds_ms.size()) +
                    " rounds: medians; lines to the sides reach "
                    "the fastest and the slowest round. " +
                    intervals,
                ms_of));
  section.tail = table({"", "A, top-1 %", "B, top-1 %", "A, multiply-adds", "B, multiply-adds",
                        "A, ms", "B, ms"},
                       {row_of("first exit", a.fixed.front(), b.fixed.front()),
                        row_of("last exit", a.fixed.back(), b.fixed.back()),
                        row_of("adaptive", a.chosen, b.chosen)}) +
                 "<p class=\"note\">Adaptive: A under " + escaped(a.chosen.name) + ", B under " +
                 escaped(b.chosen.name) +
                 ". [low, high]: of top-1 a 95 % interval (Wilson), of ms "
                 "the fastest and the slowest round.</p>\n" +
                 paired_text("Last exits", a, b, last_answers(a), last_answers(b)) +
                 paired_text("Adaptive", a, b, a.adaptive.answers, b.adaptive.answers);
  return section;
}

}  // namespace fovea::report
