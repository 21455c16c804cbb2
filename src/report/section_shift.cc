// Accuracy and cost on corrupted pictures.
#include <algorithm>

#include "report/sections.h"
#include "report/text.h"

namespace fovea::report {
namespace {

constexpr double kMillion = 1e6;

/// One way to leave, in every row that measured it.
struct Way {
  std::string name;
  std::string colour;
  Mark mark;
  Line line;
  const AdaptiveReport* (*of)(const ShiftRow&);
};

std::vector<Way> ways_of(const ShiftReport& shift) {
  std::vector<Way> out{
      {"last exit", "quiet", Mark::kDiamond, Line::kDashed,
       [](const ShiftRow& row) { return &row.last; }},
      {"policy", "s0", Mark::kCircle, Line::kSolid,
       [](const ShiftRow& row) { return &row.policy; }},
      {"under a cap", "s2", Mark::kTriangle, Line::kSolid,
       [](const ShiftRow& row) { return row.cap ? &*row.cap : nullptr; }},
      {"under control", "s1", Mark::kSquare, Line::kSolid,
       [](const ShiftRow& row) { return row.control ? &*row.control : nullptr; }},
  };
  std::erase_if(out, [&](const Way& way) { return way.of(shift.rows.front()) == nullptr; });
  return out;
}

using Value = double (*)(const AdaptiveReport&);

double top1_of(const AdaptiveReport& report) { return report.top1.value_or(0); }
double macs_of(const AdaptiveReport& report) { return report.mean_macs / kMillion; }

/// Rows of one kind, the pictures as they are first.
std::vector<const ShiftRow*> rows_of(const ShiftReport& shift, CorruptionKind kind) {
  std::vector<const ShiftRow*> out;
  for (const ShiftRow& row : shift.rows) {
    if (!row.corruption || row.corruption->kind == kind) out.push_back(&row);
  }
  return out;
}

/// The range of a value over all kinds, so that the charts of one value can be compared.
std::pair<double, double> range_of(const ShiftReport& shift, Value value) {
  double low = value(shift.rows.front().last);
  double high = low;
  for (const Way& way : ways_of(shift)) {
    for (const ShiftRow& row : shift.rows) {
      low = std::min(low, value(*way.of(row)));
      high = std::max(high, value(*way.of(row)));
    }
  }
  return {low, high};
}

Figure figure_of(const Subject& subject, CorruptionKind kind, const std::string& name,
                 const std::string& label, Value value) {
  const ShiftReport& shift = *subject.model.data->shift;
  const std::string kind_name(corruption_name(kind));
  const auto [low, high] = range_of(shift, value);
  Chart chart{.title = label + " by strength of " + kind_name,
              .x = {.label = "strength of " + kind_name, .whole = true},
              .y = {.label = label, .low = low, .high = high}};
  Csv csv({"way", "strength", "top1", "macs"});
  for (const Way& way : ways_of(shift)) {
    Series series{.name = way.name, .colour = way.colour, .mark = way.mark, .line = way.line};
    for (const ShiftRow* row : rows_of(shift, kind)) {
      const int strength = row->corruption ? row->corruption->strength : 0;
      const AdaptiveReport& report = *way.of(*row);
      series.points.push_back({.x = static_cast<double>(strength),
                               .y = value(report),
                               .hint = way.name + ", " + kind_name + " " +
                                       std::to_string(strength) + ": " + fixed(top1_of(report), 2) +
                                       " %, " + counted(report.mean_macs) + " multiply-adds"});
      csv.add({way.name, std::to_string(strength), shortest(top1_of(report)),
               shortest(report.mean_macs)});
    }
    chart.series.push_back(std::move(series));
  }
  return {.name = "shift-" + name + "-" + kind_name,
          .svg = draw(chart),
          .caption = "Strength 0: the pictures as they are." + origin(data_words(subject.model)),
          .csv = csv.text()};
}

std::string table_of(const ShiftReport& shift) {
  const std::vector<Way> ways = ways_of(shift);
  std::vector<std::string> heads{"pictures"};
  for (const Way& way : ways) {
    heads.push_back(way.name + ", %");
    heads.emplace_back("multiply-adds");
  }
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, const ShiftRow& row) {
    rows.push_back({name});
    for (const Way& way : ways) {
      const AdaptiveReport& report = *way.of(row);
      rows.back().push_back(fixed(top1_of(report), 2));
      rows.back().push_back(counted(report.mean_macs));
    }
  };
  for (const ShiftRow& row : shift.rows) {
    add(row.corruption ? row.corruption->text() : "as they are", row);
  }
  add("one after the other", shift.sequence);
  return table(heads, rows);
}

}  // namespace

Section shift_section(const Subject& subject) {
  const ShiftReport& shift = *subject.model.data->shift;
  Section section{
      .id = "shift",
      .title = "Pictures of another kind",
      .lead =
          "<p>Noise, blur and loss of contrast at five strengths. <i>Policy</i> is this "
          "report's, its thresholds fixed; <i>under a cap</i> no sample costs more than the "
          "cap; <i>under control</i> thresholds follow what was spent, so that the mean keeps "
          "the budget. All are judged on the same recorded scores.</p>\n",
      .small_figures = true,
      .tail = table_of(shift)};
  for (const CorruptionKind kind : kCorruptionKinds) {
    section.figures.push_back(figure_of(subject, kind, "accuracy", "top-1 accuracy, %", top1_of));
  }
  for (const CorruptionKind kind : kCorruptionKinds) {
    section.figures.push_back(
        figure_of(subject, kind, "cost", "million multiply-adds a sample", macs_of));
  }
  return section;
}

}  // namespace fovea::report
